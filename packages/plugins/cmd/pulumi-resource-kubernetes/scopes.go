package main

import (
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// clusterScoped are the kinds without a namespace, for when no cluster can be asked.
var clusterScoped = kinds(`
	Namespace Node PersistentVolume ComponentStatus
	StorageClass.storage.k8s.io VolumeAttachment.storage.k8s.io VolumeAttributesClass.storage.k8s.io
	CSIDriver.storage.k8s.io CSINode.storage.k8s.io
	ClusterRole.rbac.authorization.k8s.io ClusterRoleBinding.rbac.authorization.k8s.io
	PriorityClass.scheduling.k8s.io RuntimeClass.node.k8s.io IngressClass.networking.k8s.io
	IPAddress.networking.k8s.io ServiceCIDR.networking.k8s.io
	ValidatingWebhookConfiguration.admissionregistration.k8s.io MutatingWebhookConfiguration.admissionregistration.k8s.io
	ValidatingAdmissionPolicy.admissionregistration.k8s.io ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io
	MutatingAdmissionPolicy.admissionregistration.k8s.io MutatingAdmissionPolicyBinding.admissionregistration.k8s.io
	CustomResourceDefinition.apiextensions.k8s.io APIService.apiregistration.k8s.io
	CertificateSigningRequest.certificates.k8s.io ClusterTrustBundle.certificates.k8s.io
	FlowSchema.flowcontrol.apiserver.k8s.io PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io
	DeviceClass.resource.k8s.io ResourceSlice.resource.k8s.io`)

func kinds(text string) map[string]bool {
	set := map[string]bool{}
	for _, kind := range strings.Fields(text) {
		set[kind] = true
	}
	return set
}

// scopes tells which kinds live in a namespace, those that the program itself defines included.
type scopes struct {
	mutex   sync.Mutex
	defined map[string]bool // by group and kind: lives in a namespace
}

func newScopes() *scopes { return &scopes{defined: map[string]bool{}} }

// define remembers what a CustomResourceDefinition says of its kind.
func (s *scopes) define(object map[string]any) {
	if gvkOf(object).Kind != "CustomResourceDefinition" {
		return
	}
	group, _ := text(object, "spec", "group")
	kind, _ := text(object, "spec", "names", "kind")
	scope, known := text(object, "spec", "scope")
	if known {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.defined[schema.GroupKind{Group: group, Kind: kind}.String()] = scope == "Namespaced"
	}
}

// namespaced asks the cluster first. A kind that nobody knows is taken to live in a namespace, as most do.
func (s *scopes) namespaced(c *cluster, gvk schema.GroupVersionKind) bool {
	if c != nil {
		if mapping, err := c.mapping(gvk); err == nil {
			return mapping.Scope.Name() == "namespace"
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if namespaced, ok := s.defined[gvk.GroupKind().String()]; ok {
		return namespaced
	}
	return !clusterScoped[gvk.GroupKind().String()]
}
