package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
)

// verdict is what an object is as of now.
type verdict struct {
	ready  bool
	failed bool // And never will be ready.
	// refreshed: also a refresh reports that it is not ready.
	refreshed bool
	// elsewhere is what has to change for it to become ready, where that is not the object itself.
	elsewhere dynamic.ResourceInterface
	what      metav1.ListOptions
	reasons   []string
}

var ready = verdict{ready: true}

func waits(format string, args ...any) verdict {
	return verdict{refreshed: true, reasons: []string{fmt.Sprintf(format, args...)}}
}

func (v verdict) sentence() string { return strings.Join(v.reasons, "; ") }

// patience is how long a kind is waited for by default, as the official plugin does; 0 for kinds that are ready
// once they are there.
func patience(fields map[string]any) time.Duration {
	if annotation(fields, waitFor) != "" {
		return 10 * time.Minute
	}
	switch gvkOf(fields).GroupKind().String() {
	case "Deployment.apps", "DaemonSet.apps", "Job.batch", "Service", "Ingress.networking.k8s.io":
		return 10 * time.Minute
	case "StatefulSet.apps", "Pod", "PersistentVolumeClaim", "PersistentVolume", "ReplicationController", "Secret",
		"CustomResourceDefinition.apiextensions.k8s.io":
		return 5 * time.Minute
	}
	return 0
}

// now judges an object.
func (p *provider) now(ctx context.Context, fields map[string]any) verdict {
	if patience(fields) == 0 || annotation(fields, skipAwait) == "true" {
		return ready
	}
	if said := annotation(fields, waitFor); said != "" {
		return judgeBy(said, fields)
	}
	if number(fields, 0, "status", "observedGeneration") < number(fields, 0, "metadata", "generation") {
		switch gvkOf(fields).Kind {
		case "Deployment", "StatefulSet", "DaemonSet":
			return waits("its controller has not seen it yet")
		}
	}
	switch gvkOf(fields).Kind {
	case "Deployment":
		return judgeDeployment(fields)
	case "StatefulSet":
		return judgeStatefulSet(fields)
	case "DaemonSet":
		return judgeDaemonSet(fields)
	case "ReplicationController":
		wanted := number(fields, 1, "spec", "replicas")
		return enough("ready", number(fields, 0, "status", "readyReplicas"), wanted)
	case "Job":
		return judgeJob(fields)
	case "Pod":
		return judgePod(fields)
	case "PersistentVolume":
		if phase := textOr(fields, "Pending", "status", "phase"); phase != "Available" && phase != "Bound" {
			return waits("its phase is %s", phase)
		}
	case "PersistentVolumeClaim":
		return p.judgeClaim(ctx, fields)
	case "Service":
		return p.judgeService(ctx, fields)
	case "Ingress":
		if list, _ := at(fields, "status", "loadBalancer", "ingress").([]any); len(list) == 0 {
			return waits("no address is assigned to it: is an ingress controller running?")
		}
	case "Secret":
		if fields["type"] == "kubernetes.io/service-account-token" && at(fields, "data", "token") == nil {
			return waits("its token is not made yet")
		}
	case "CustomResourceDefinition":
		if status, reason := condition(fields, "Established"); status != "True" {
			return waits("it is not established yet%s", reason)
		}
	}
	return ready
}

// condition returns a condition's status, and why it is so in brackets.
func condition(fields map[string]any, kind string) (status, reason string) {
	list, _ := at(fields, "status", "conditions").([]any)
	for _, entry := range list {
		if found, ok := entry.(map[string]any); ok && found["type"] == kind {
			why := strings.TrimSpace(textOr(found, "", "reason") + " " + textOr(found, "", "message"))
			if why != "" {
				why = " (" + why + ")"
			}
			return textOr(found, "", "status"), why
		}
	}
	return "", ""
}

func enough(what string, have, wanted int64) verdict {
	if have >= wanted {
		return ready
	}
	return waits("%d of %d replicas are %s", have, wanted, what)
}

func judgeDeployment(fields map[string]any) verdict {
	wanted := number(fields, 1, "spec", "replicas")
	updated := number(fields, 0, "status", "updatedReplicas")
	total := number(fields, 0, "status", "replicas")
	v := enough("updated", updated, wanted)
	if v.ready && total > updated {
		v = waits("%d replicas of the former version are still there", total-updated)
	}
	if v.ready {
		v = enough("available", number(fields, 0, "status", "availableReplicas"), wanted)
	}
	if v.ready {
		return v
	}
	for _, kind := range []string{"ReplicaFailure", "Progressing"} {
		if status, why := condition(fields, kind); (status == "False") == (kind == "Progressing") && status != "" {
			v.reasons = append(v.reasons, kind+why)
		}
	}
	return v
}

func judgeStatefulSet(fields map[string]any) verdict {
	wanted := number(fields, 1, "spec", "replicas")
	v := enough("ready", number(fields, 0, "status", "readyReplicas"), wanted)
	strategy := textOr(fields, "RollingUpdate", "spec", "updateStrategy", "type")
	if !v.ready || strategy == "OnDelete" {
		return v
	}
	if kept := number(fields, 0, "spec", "updateStrategy", "rollingUpdate", "partition"); kept > 0 {
		return enough("updated", number(fields, 0, "status", "updatedReplicas"), wanted-kept)
	}
	current, update := at(fields, "status", "currentRevision"), at(fields, "status", "updateRevision")
	if current != update {
		return enough("updated", number(fields, 0, "status", "updatedReplicas"), wanted)
	}
	return v
}

func judgeDaemonSet(fields map[string]any) verdict {
	wanted := number(fields, 0, "status", "desiredNumberScheduled")
	if textOr(fields, "", "spec", "updateStrategy", "type") != "OnDelete" {
		if v := enough("updated", number(fields, 0, "status", "updatedNumberScheduled"), wanted); !v.ready {
			return v
		}
	}
	return enough("available", number(fields, 0, "status", "numberAvailable"), wanted)
}

func judgeJob(fields map[string]any) verdict {
	if at(fields, "spec", "suspend") == true {
		return ready
	}
	if status, _ := condition(fields, "Complete"); status == "True" {
		return ready
	}
	if status, why := condition(fields, "Failed"); status == "True" {
		v := waits("the job failed%s", why)
		v.failed = true
		return v
	}
	return waits("the job is not complete: %d active, %d succeeded, %d failed",
		number(fields, 0, "status", "active"), number(fields, 0, "status", "succeeded"), number(fields, 0, "status", "failed"))
}

func judgePod(fields map[string]any) verdict {
	phase := textOr(fields, "Pending", "status", "phase")
	status, why := condition(fields, "Ready")
	if phase == "Succeeded" || phase == "Running" && status == "True" {
		return ready
	}
	v := waits("its phase is %s%s", phase, why)
	v.failed = phase == "Failed"
	return v
}
