package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"homelab/plugins/standin"
)

// probe is how long the first answer of a cluster may take.
const probe = 10 * time.Second

type cluster struct {
	dynamic dynamic.Interface
	mapper  *restmapper.DeferredDiscoveryRESTMapper
}

// kubeconfig loads what the settings name: a path or the contents themselves, else what kubectl would take.
func kubeconfig(config standin.Map) (clientcmd.ClientConfig, error) {
	overrides := &clientcmd.ConfigOverrides{CurrentContext: standin.GetTextOr(config, "context", "")}
	overrides.Context.Cluster = standin.GetTextOr(config, "cluster", "")
	given := standin.GetTextOr(config, "kubeconfig", "")
	if given == "" {
		rules := clientcmd.NewDefaultClientConfigLoadingRules()
		return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides), nil
	}
	contents := []byte(given)
	if !strings.ContainsAny(given, "\n{:") {
		path := given
		if rest, ok := strings.CutPrefix(path, "~/"); ok {
			home, err := os.UserHomeDir()
			if err != nil {
				return nil, err
			}
			path = filepath.Join(home, rest)
		}
		var err error
		if contents, err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	loaded, err := clientcmd.Load(contents)
	if err != nil { // The error may quote the text, which holds keys.
		return nil, errors.New("it is not a kubeconfig: neither the path of one nor its contents")
	}
	return clientcmd.NewDefaultClientConfig(*loaded, overrides), nil
}

// server names the API server that the settings lead to.
func server(config standin.Map) (string, bool) {
	loaded, err := kubeconfig(config)
	if err != nil {
		return "", false
	}
	raw, err := loaded.RawConfig()
	if err != nil {
		return "", false
	}
	name := standin.GetTextOr(config, "context", raw.CurrentContext)
	chosen, ok := raw.Contexts[name]
	if !ok {
		return "", false
	}
	var found *api.Cluster
	if found, ok = raw.Clusters[standin.GetTextOr(config, "cluster", chosen.Cluster)]; !ok {
		return "", false
	}
	return found.Server + "\n" + string(found.CertificateAuthorityData) + found.CertificateAuthority, true
}

// connect returns the cluster and the namespace of its kubeconfig. The error says in one sentence why it
// cannot be reached.
func connect(ctx context.Context, config standin.Map, limits pace) (*cluster, string, error) {
	const fallback = "default"
	loaded, err := kubeconfig(config)
	if err != nil {
		return nil, fallback, fmt.Errorf("the provider's kubeconfig cannot be used: %w", err)
	}
	namespace, _, err := loaded.Namespace()
	if err != nil || namespace == "" {
		namespace = fallback
	}
	how, err := loaded.ClientConfig()
	if err != nil {
		return nil, namespace, fmt.Errorf("the provider's kubeconfig cannot be used: %w", err)
	}
	how.QPS, how.Burst = float32(limits.QPS), limits.Burst
	how.Timeout = time.Duration(limits.Timeout) * time.Second
	how.WarningHandler = rest.NoWarnings{}
	how.UserAgent = "pulumi-kubernetes"
	client, err := discovery.NewDiscoveryClientForConfig(how)
	if err != nil {
		return nil, namespace, fmt.Errorf("the provider's kubeconfig cannot be used: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, probe)
	defer cancel()
	if _, err := client.RESTClient().Get().AbsPath("/version").DoRaw(ctx); err != nil {
		return nil, namespace, fmt.Errorf("the Kubernetes cluster at %s cannot be reached: %w", how.Host, err)
	}
	objects, err := dynamic.NewForConfig(how)
	if err != nil {
		return nil, namespace, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client))
	return &cluster{dynamic: objects, mapper: mapper}, namespace, nil
}

func (c *cluster) mapping(gvk schema.GroupVersionKind) (*meta.RESTMapping, error) {
	return c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
}

// knows tells whether the cluster has such a kind.
func (c *cluster) knows(gvk schema.GroupVersionKind) bool {
	_, err := c.mapping(gvk)
	return err == nil
}

// of is where objects of a kind are read and written.
func (c *cluster) of(gvk schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	mapping, err := c.mapping(gvk)
	if err != nil {
		return nil, err
	}
	all := c.dynamic.Resource(mapping.Resource)
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return all, nil
	}
	if namespace == "" {
		namespace = "default"
	}
	return all.Namespace(namespace), nil
}
