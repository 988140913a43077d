package main

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"homelab/plugins/standin"
)

// serversOwn are fields of the metadata that no program decides.
var serversOwn = []string{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
	"resourceVersion", "selfLink", "uid",
}

// given are the inputs that led to a state.
func given(inputs, state standin.Map) map[string]any {
	if len(inputs) == 0 {
		inputs = standin.GetMap(state, keyInputs)
	}
	return fieldsOf(inputs)
}

// decided are the fields of an object that a program can decide.
func decided(fields map[string]any) map[string]any {
	fields = maps.Clone(fields)
	if metadata, ok := fields["metadata"].(map[string]any); ok {
		metadata = maps.Clone(metadata)
		for _, key := range serversOwn {
			delete(metadata, key)
		}
		fields["metadata"] = metadata
	}
	return fields
}

// placed gives objects in a namespace that namespace by name, and takes it from the others.
func placed(fields map[string]any, namespaced bool) {
	metadata, ok := fields["metadata"].(map[string]any)
	switch {
	case !ok:
	case !namespaced:
		delete(metadata, "namespace")
	case metadata["namespace"] == nil || metadata["namespace"] == "":
		metadata["namespace"] = "default"
	}
}

// Diff holds the wanted object against the one of the last state, where that was read from the cluster last.
func (p *provider) Diff(ctx context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	if why := p.refuses(req.URN.Type()); why != "" {
		return plugin.DiffResult{}, errors.New(why)
	}
	before, wanted := decided(given(req.OldInputs, req.OldOutputs)), decided(fieldsOf(req.NewInputs))
	live := readable(fieldsOf(req.OldOutputs), before)
	now, _ := pruned(live, before, "").(map[string]any)
	if now["apiVersion"] == nil || now["kind"] == nil { // States of old imports do not say.
		now["apiVersion"], now["kind"] = wanted["apiVersion"], wanted["kind"]
	}
	// An object with a name keeps its identity, whoever made up the name.
	if nameOf(wanted) != "" && nameOf(live) != "" {
		child(now, "metadata")["name"] = nameOf(live)
	}
	gvk := gvkOf(wanted)
	namespaced := p.scopes.namespaced(p.cluster, gvk)
	placed(now, namespaced)
	placed(wanted, namespaced)

	c := comparison{
		fixed:   append(p.fixed(gvk, wanted, isPatch(req.URN, wanted)), ".apiVersion", ".kind"),
		changes: map[string]plugin.PropertyDiff{},
	}
	if gvk.Group == gvkOf(now).Group && gvk.Kind == gvkOf(now).Kind {
		c.fixed = c.fixed[:len(c.fixed)-2] // Another version of the same kind is the same object.
	}
	c.compare(nil, now, before, wanted)
	ignore(c.changes, req.IgnoreChanges)
	result := plugin.DiffResult{Changes: plugin.DiffNone, DetailedDiff: c.changes}
	for _, path := range slices.Sorted(maps.Keys(c.changes)) {
		result.Changes = plugin.DiffSome
		result.ChangedKeys = append(result.ChangedKeys, resource.PropertyKey(path))
		if c.changes[path].Kind.IsReplace() {
			result.ReplaceKeys = append(result.ReplaceKeys, resource.PropertyKey(path))
		}
	}
	if annotation(wanted, replaceUnready) == "true" && p.isUnready(ctx, live) {
		result.Changes = plugin.DiffSome
		result.ReplaceKeys = append(result.ReplaceKeys, "status")
	}
	// Two objects of one name cannot be: the old one goes first.
	result.DeleteBeforeReplace = len(result.ReplaceKeys) > 0 && annotation(wanted, autonamed) != "true" &&
		nameOf(wanted) != "" && fullName(wanted) == fullName(now)
	return result, nil
}

func ignore(changes map[string]plugin.PropertyDiff, paths []string) {
	for _, text := range paths {
		ignored, err := resource.ParsePropertyPath(text)
		if err != nil {
			continue
		}
		for changed := range changes {
			if path, err := resource.ParsePropertyPath(changed); err == nil && ignored.Contains(path) {
				delete(changes, changed)
			}
		}
	}
}

// isUnready tells whether a Job has not come to a good end as of now.
func (p *provider) isUnready(ctx context.Context, live map[string]any) bool {
	if p.cluster == nil || gvkOf(live).Kind != "Job" {
		return false
	}
	jobs, err := p.cluster.of(gvkOf(live), namespaceOf(live))
	if err != nil {
		return false
	}
	found, err := jobs.Get(ctx, nameOf(live), metav1.GetOptions{})
	return err == nil && !judgeJob(found.Object).ready
}
