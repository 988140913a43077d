package main

import (
	"context"
	"errors"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"homelab/plugins/standin"
)

// The annotations by which a program says more than Kubernetes itself takes.
const (
	autonamed      = "pulumi.com/autonamed"
	skipAwait      = "pulumi.com/skipAwait"
	timeoutSeconds = "pulumi.com/timeoutSeconds"
	patchForce     = "pulumi.com/patchForce"
	fieldManager   = "pulumi.com/patchFieldManager"
	replaceUnready = "pulumi.com/replaceUnready"
	propagation    = "pulumi.com/deletionPropagationPolicy"
)

// gvkOfURN reads the kind out of kubernetes:GROUP/VERSION:KIND.
func gvkOfURN(u urn.URN) schema.GroupVersionKind {
	group, version, _ := strings.Cut(string(u.Type().Module().Name()), "/")
	if group == "core" {
		group = ""
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: string(u.Type().Name())}
}

// isPatch tells whether a resource changes some fields of an object that is somebody else's.
func isPatch(u urn.URN, fields map[string]any) bool {
	return string(u.Type().Name()) == textOr(fields, "", "kind")+"Patch"
}

func (p *provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	if why := p.refuses(req.URN.Type()); why != "" {
		return plugin.CheckResponse{}, errors.New(why)
	}
	inputs, failures := standin.Map{}, []plugin.CheckFailure(nil)
	if _, known := p.schema.Resources[string(req.URN.Type())]; known {
		inputs, failures = standin.CheckInputs(p.schema, string(req.URN.Type()), req.News)
	} else { // Another kind, or one of the cluster's own: the server will tell.
		for key, v := range req.News {
			if !v.IsNull() && !strings.HasPrefix(string(key), "__") {
				inputs[key] = v
			}
		}
	}
	fields := fieldsOf(inputs)
	gvk := gvkOf(fields)
	if gvk.Version == "" || gvk.Kind == "" {
		gvk = gvkOfURN(req.URN)
	}
	p.scopes.define(fields)
	metadata := inputs["metadata"]
	if !metadata.IsComputed() && !metadata.IsSecret() && !metadata.IsOutput() {
		metadata := standin.GetMap(inputs, "metadata").Copy()
		failures = append(failures, p.name(req, isPatch(req.URN, fields), metadata)...)
		if p.settings.namespace != "" && !metadata.HasValue("namespace") && p.scopes.namespaced(p.cluster, gvk) {
			metadata["namespace"] = standin.Text(p.settings.namespace)
		}
		inputs["metadata"] = resource.NewObjectProperty(metadata)
	}
	keepSecrets(inputs, nil) // Of a Secret all data is secret, whatever the program says.
	return plugin.CheckResponse{Properties: inputs, Failures: failures}, nil
}

// name gives an object without a name NAME-1a2b3c4d, keeps that over later runs, and notes that it did.
func (p *provider) name(req plugin.CheckRequest, patch bool, metadata standin.Map) []plugin.CheckFailure {
	switch {
	case metadata.HasValue("name"):
		return nil
	case patch:
		return []plugin.CheckFailure{{Property: "metadata.name", Reason: "metadata.name is missing: a patch is of an object that is there"}}
	case metadata.HasValue("generateName"):
		return []plugin.CheckFailure{{Property: "metadata.generateName",
			Reason: "metadata.generateName cannot be applied by the server: leave it out, and Pulumi makes up a name"}}
	}
	old := fieldsOf(req.Olds)
	name := ""
	switch {
	case annotation(old, autonamed) == "true":
		name = nameOf(old)
	case req.Autonaming != nil && req.Autonaming.Mode == plugin.AutonamingModeDisabled:
		return []plugin.CheckFailure{{Property: "metadata.name", Reason: "metadata.name is missing, and automatic names are switched off"}}
	case req.Autonaming != nil && req.Autonaming.Mode == plugin.AutonamingModeEnforce,
		req.Autonaming != nil && req.Autonaming.Mode == plugin.AutonamingModePropose:
		name = req.Autonaming.ProposedName
	default:
		made, err := resource.NewUniqueName(req.RandomSeed, req.URN.Name()+"-", 8, 253, nil)
		if err != nil {
			return []plugin.CheckFailure{{Property: "metadata.name", Reason: err.Error()}}
		}
		name = made
	}
	annotations := standin.GetMap(metadata, "annotations").Copy()
	annotations[autonamed] = standin.Text("true")
	metadata["name"], metadata["annotations"] = standin.Text(name), resource.NewObjectProperty(annotations)
	return nil
}
