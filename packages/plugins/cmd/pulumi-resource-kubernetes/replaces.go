package main

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

const selector = ".spec.selector"

// immutable are, by group and kind, the fields that no update can change: those the official plugin knows, and
// some more that the API server refuses to change.
var immutable = map[string]string{
	"ConfigMap":                             ".binaryData .data",
	"Secret":                                ".type .stringData .data",
	"PersistentVolumeClaim":                 ".spec",
	"PersistentVolume":                      ".spec.csi .spec.hostPath .spec.local .spec.nfs .spec.iscsi .spec.fc .spec.cephfs .spec.rbd .spec.awsElasticBlockStore .spec.azureDisk .spec.azureFile .spec.gcePersistentDisk .spec.glusterfs .spec.flexVolume .spec.vsphereVolume",
	"Service":                               ".spec.clusterIP",
	"ResourceQuota":                         ".spec.scopes",
	"Deployment.apps":                       selector,
	"DaemonSet.apps":                        selector,
	"StatefulSet.apps":                      selector + " .spec.podManagementPolicy .spec.revisionHistoryLimit .spec.serviceName .spec.volumeClaimTemplates",
	"Job.batch":                             selector + " .spec.completions .spec.parallelism .spec.template",
	"RoleBinding.rbac.authorization.k8s.io": ".roleRef",
	"ClusterRoleBinding.rbac.authorization.k8s.io": ".roleRef",
	"StorageClass.storage.k8s.io":                  ".parameters .provisioner .reclaimPolicy .volumeBindingMode",
	"PriorityClass.scheduling.k8s.io":              ".value .preemptionPolicy",
	"RuntimeClass.node.k8s.io":                     ".handler",
	"Pod": ".spec.affinity .spec.automountServiceAccountToken .spec.dnsConfig .spec.dnsPolicy " +
		".spec.enableServiceLinks .spec.hostAliases .spec.hostIPC .spec.hostNetwork .spec.hostPID .spec.hostname " +
		".spec.imagePullSecrets .spec.nodeName .spec.nodeSelector .spec.overhead .spec.preemptionPolicy " +
		".spec.priority .spec.priorityClassName .spec.readinessGates .spec.restartPolicy .spec.runtimeClassName " +
		".spec.schedulerName .spec.securityContext .spec.serviceAccount .spec.serviceAccountName " +
		".spec.shareProcessNamespace .spec.subdomain .spec.terminationGracePeriodSeconds .spec.volumes " +
		containers(".spec.containers[*]") + " " + containers(".spec.initContainers[*]"),
}

func containers(prefix string) string {
	fields := strings.Fields("args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe " +
		"resources securityContext stdin stdinOnce terminationMessagePath terminationMessagePolicy tty " +
		"volumeDevices volumeMounts workingDir")
	for i, field := range fields {
		fields[i] = prefix + "." + field
	}
	return strings.Join(fields, " ")
}

// fixed are the fields of this object whose change makes it anew. ConfigMaps and Secrets change in place where
// the provider says so, unless the object itself is immutable.
func (p *provider) fixed(gvk schema.GroupVersionKind, wanted map[string]any, patch bool) []string {
	fields := []string{".metadata.name", ".metadata.namespace"}
	if patch {
		return fields
	}
	kind := gvk.GroupKind().String()
	mutable := kind == "ConfigMap" && p.settings.mutableConfigMaps || kind == "Secret" && p.settings.mutableSecrets
	if mutable && wanted["immutable"] != true {
		if kind == "Secret" {
			fields = append(fields, ".type")
		}
		return fields
	}
	return append(fields, strings.Fields(immutable[kind])...)
}

// isFixed tells whether a path lies at or under one of the fields. A path that is deleted also takes along what
// lies under it.
func isFixed(path []any, fields []string, deleted bool) bool {
	var spelled strings.Builder
	for _, step := range path {
		if name, ok := step.(string); ok {
			spelled.WriteString("." + name)
		} else {
			spelled.WriteString("[*]")
		}
	}
	within := func(inner, outer string) bool {
		rest, ok := strings.CutPrefix(inner, outer)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	for _, field := range fields {
		if within(spelled.String(), field) || deleted && within(field, spelled.String()) {
			return true
		}
	}
	return false
}
