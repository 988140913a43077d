package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// list reads other objects; none where the cluster has none or cannot tell.
func (p *provider) list(
	ctx context.Context, gvk schema.GroupVersionKind, namespace string, which metav1.ListOptions,
) []unstructured.Unstructured {
	objects, err := p.cluster.of(gvk, namespace)
	if err != nil {
		return nil
	}
	found, err := objects.List(ctx, which)
	if err != nil {
		return nil
	}
	return found.Items
}

// judgeClaim waits until a claim is bound, unless its class binds it only when a pod comes.
func (p *provider) judgeClaim(ctx context.Context, fields map[string]any) verdict {
	phase := textOr(fields, "Pending", "status", "phase")
	if phase == "Bound" {
		return ready
	}
	chosen, named := text(fields, "spec", "storageClassName")
	class := schema.GroupVersionKind{Group: "storage.k8s.io", Version: "v1", Kind: "StorageClass"}
	found := false
	for _, candidate := range p.list(ctx, class, "", metav1.ListOptions{}) {
		isDefault := annotation(candidate.Object, "storageclass.kubernetes.io/is-default-class") == "true"
		if candidate.GetName() != chosen && (named || !isDefault) {
			continue
		}
		found = true
		if candidate.Object["volumeBindingMode"] == "WaitForFirstConsumer" {
			return ready
		}
	}
	v := waits("its phase is %s", phase)
	if !found && chosen != "" {
		v.reasons = append(v.reasons, fmt.Sprintf("there is no storage class %q", chosen))
	}
	v.refreshed = false
	return v
}

// judgeService waits for something behind it, and for an address where it is to have one from outside.
func (p *provider) judgeService(ctx context.Context, fields map[string]any) verdict {
	kind := textOr(fields, "ClusterIP", "spec", "type")
	if choice, _ := at(fields, "spec", "selector").(map[string]any); kind == "ExternalName" || len(choice) == 0 {
		return ready
	}
	behind, err := p.cluster.of(endpointSlice, namespaceOf(fields))
	if err != nil {
		return waits("its endpoints cannot be read: %v", err)
	}
	ofService := metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + nameOf(fields)}
	found, err := behind.List(ctx, ofService)
	if err != nil {
		return waits("its endpoints cannot be read: %v", err)
	}
	for _, slice := range found.Items {
		if !serves(slice.Object) {
			continue
		}
		if list, _ := at(fields, "status", "loadBalancer", "ingress").([]any); kind == "LoadBalancer" && len(list) == 0 {
			return waits("no load balancer gave it an address")
		}
		return ready
	}
	v := waits("no pod that its selector selects is ready")
	ofService.ResourceVersion = found.GetResourceVersion()
	v.elsewhere, v.what = behind, ofService
	return v
}

var endpointSlice = schema.GroupVersionKind{Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice"}

// serves tells whether one of the endpoints is ready.
func serves(slice map[string]any) bool {
	endpoints, _ := slice["endpoints"].([]any)
	return slices.ContainsFunc(endpoints, func(endpoint any) bool {
		fields, ok := endpoint.(map[string]any)
		return ok && at(fields, "conditions", "ready") != false
	})
}

// blame says what is wrong with the pods of an object, and which warnings there are: "" for nothing.
func (p *provider) blame(fields map[string]any) string {
	// The wait may be over: what it ended with is still to be told.
	ctx, cancel := context.WithTimeout(context.Background(), probe)
	defer cancel()
	var found []string
	add := func(sentence string) {
		if !slices.Contains(found, sentence) && len(found) < 5 {
			found = append(found, sentence)
		}
	}
	suspects := []map[string]any{fields}
	for _, pod := range p.podsOf(ctx, fields) {
		if judgePod(pod.Object).ready {
			continue
		}
		for _, trouble := range troubles(pod.Object) {
			add(fmt.Sprintf("Pod %s: %s", pod.GetName(), trouble))
		}
		suspects = append(suspects, pod.Object)
	}
	for _, suspect := range suspects[:min(len(suspects), 4)] {
		warnings := p.list(ctx, schema.GroupVersionKind{Version: "v1", Kind: "Event"}, namespaceOf(suspect),
			metav1.ListOptions{FieldSelector: fmt.Sprintf("type=Warning,involvedObject.kind=%s,involvedObject.name=%s",
				gvkOf(suspect).Kind, nameOf(suspect))})
		for _, event := range warnings[max(0, len(warnings)-2):] {
			add(fmt.Sprintf("%s %s: %s", gvkOf(suspect).Kind, nameOf(suspect), strings.TrimSpace(
				textOr(event.Object, "", "reason")+": "+textOr(event.Object, "", "message"))))
		}
	}
	if len(found) == 0 {
		return ""
	}
	return "; " + strings.Join(found, "; ")
}

func (p *provider) podsOf(ctx context.Context, fields map[string]any) []unstructured.Unstructured {
	if gvkOf(fields).Kind == "Pod" {
		return []unstructured.Unstructured{{Object: fields}}
	}
	choice, _ := at(fields, "spec", "selector").(map[string]any)
	if labels, ok := choice["matchLabels"].(map[string]any); ok {
		choice = labels
	}
	var terms []string
	for key, v := range choice {
		if value, ok := v.(string); ok {
			terms = append(terms, key+"="+value)
		}
	}
	if len(terms) == 0 {
		return nil
	}
	return p.list(ctx, schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, namespaceOf(fields),
		metav1.ListOptions{LabelSelector: strings.Join(terms, ",")})
}

// troubles are a pod's: why it is on no node, and why its containers do not run.
func troubles(pod map[string]any) []string {
	var found []string
	if status, why := condition(pod, "PodScheduled"); status == "False" {
		found = append(found, "not scheduled"+why)
	}
	for _, group := range []string{"initContainerStatuses", "containerStatuses"} {
		list, _ := at(pod, "status", group).([]any)
		for _, entry := range list {
			container, ok := entry.(map[string]any)
			if !ok {
				continue
			}
			why := textOr(container, "", "state", "waiting", "reason")
			message := textOr(container, "", "state", "waiting", "message")
			if ended, ok := at(container, "state", "terminated").(map[string]any); ok && number(ended, 0, "exitCode") != 0 {
				why = fmt.Sprintf("%s with exit code %d", textOr(ended, "ended", "reason"), number(ended, 0, "exitCode"))
				message = textOr(ended, "", "message")
			}
			if why != "" {
				found = append(found, strings.TrimRight(fmt.Sprintf(
					"container %s: %s: %s", textOr(container, "", "name"), why, message), ": "))
			}
		}
	}
	return found
}
