package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/csaupgrade"

	"homelab/plugins/standin"
)

// application is one object to be put in place.
type application struct {
	fields  map[string]any
	manager string
	force   bool
	dryRun  bool
}

// manager is who the server notes as the writer of an object's fields: a name of its own for each resource.
func (p *provider) manager(state standin.Map, fields map[string]any) string {
	if chosen := annotation(fields, fieldManager); chosen != "" {
		return chosen
	}
	return standin.GetTextOr(state, keyFieldManager, "pulumi-kubernetes-"+rand.String(8))
}

func (p *provider) force(fields map[string]any) bool {
	if said := annotation(fields, patchForce); said != "" {
		return said == "true"
	}
	return p.settings.patchForce
}

// apply puts the object in place by server-side apply.
func (c *cluster) apply(ctx context.Context, a application) (*unstructured.Unstructured, error) {
	objects, err := c.of(gvkOf(a.fields), namespaceOf(a.fields))
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(decided(a.fields))
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{FieldManager: a.manager, Force: &a.force}
	if a.dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return objects.Patch(ctx, nameOf(a.fields), types.ApplyPatchType, body, options)
}

// applyNew also waits for what is about to change: some seconds for the kind or the namespace, which the same program
// may be making, and until an object of the same name that is being deleted is gone.
func (c *cluster) applyNew(ctx context.Context, a application) (*unstructured.Unstructured, error) {
	pause, end := time.Second, time.Now().Add(5*time.Minute)
	wentMeanwhile := false
	for {
		made, err := c.apply(ctx, a)
		if a.dryRun {
			return made, err
		}
		awaited := err != nil && pause < 10*time.Second && (meta.IsNoMatchError(err) || apierrors.IsNotFound(err))
		if awaited {
			pause *= 2
		}
		ending, there := err == nil && made.GetDeletionTimestamp() != nil, true
		if err != nil {
			ending, there = c.ending(ctx, a.fields)
		}
		switch {
		case ending:
			awaited = time.Now().Before(end)
			err = errors.New("the former one is still being deleted")
		case !there && !wentMeanwhile && (apierrors.IsConflict(err) || apierrors.IsInvalid(err)):
			// By the former one, which was gone before it could be looked at.
			awaited, wentMeanwhile = true, true
		}
		if !awaited {
			return made, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause / 2):
		}
		if meta.IsNoMatchError(err) {
			c.mapper.Reset()
		}
	}
}

// ending tells whether an object of that name is being deleted, and whether there is one, as far as that can be known.
func (c *cluster) ending(ctx context.Context, fields map[string]any) (ending, there bool) {
	objects, err := c.of(gvkOf(fields), namespaceOf(fields))
	if err != nil {
		return false, true
	}
	found, err := objects.Get(ctx, nameOf(fields), metav1.GetOptions{})
	if err != nil {
		return false, !apierrors.IsNotFound(err)
	}
	return found.GetDeletionTimestamp() != nil, true
}

// kubectls are the names under which kubectl and client-side apply write. As the official plugin does, an update
// takes over their fields: what was done by hand is put right, not argued with.
func kubectls(live *unstructured.Unstructured) sets.Set[string] {
	names := sets.New[string]()
	for _, entry := range live.GetManagedFields() {
		byHand := slices.ContainsFunc([]string{"kubectl", "before-first-apply", "pulumi-resource-kubernetes"},
			func(prefix string) bool { return strings.HasPrefix(entry.Manager, prefix) })
		if entry.Operation == metav1.ManagedFieldsOperationUpdate && entry.Subresource == "" && byHand {
			names.Insert(entry.Manager)
		}
	}
	return names
}

func takeOver(
	ctx context.Context, objects dynamic.ResourceInterface, live *unstructured.Unstructured, manager string,
) error {
	byHand := kubectls(live)
	if byHand.Len() == 0 {
		return nil
	}
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(live, byHand, manager)
	if err != nil || len(patch) == 0 {
		return err
	}
	_, err = objects.Patch(ctx, live.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{})
	return err
}

// explained makes the server's errors sentences for people.
func explained(err error, fields map[string]any) error {
	switch {
	case meta.IsNoMatchError(err):
		return fmt.Errorf("%s: the cluster has no kind %s of %s: create its CustomResourceDefinition first, "+
			"or correct apiVersion and kind", title(fields), gvkOf(fields).Kind, gvkOf(fields).GroupVersion())
	case isFieldConflict(err):
		return fmt.Errorf("%s: somebody else manages fields that the program sets (%w): set the annotation %s: \"true\" "+
			"to take them over, or leave them out of the program", title(fields), err, patchForce)
	case namespaceIsMissing(err):
		return fmt.Errorf("%s: the namespace %q does not exist: create it first, or depend on it",
			title(fields), namespaceOf(fields))
	}
	return fmt.Errorf("%s: %w", title(fields), err)
}

func isFieldConflict(err error) bool {
	return apierrors.IsConflict(err) && apierrors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict)
}

func namespaceIsMissing(err error) bool {
	status, ok := err.(apierrors.APIStatus)
	return ok && apierrors.IsNotFound(err) && status.Status().Details != nil && status.Status().Details.Kind == "namespaces"
}

// withLive sets the fields that ignoreChanges names to what they are now: whoever else manages them keeps them.
func withLive(fields map[string]any, live *unstructured.Unstructured, ignored []string) {
	for _, path := range ignored {
		steps := strings.Split(path, ".")
		if v, found, err := unstructured.NestedFieldCopy(live.Object, steps...); err == nil && found {
			_ = unstructured.SetNestedField(fields, v, steps...) // The path leads through no object: nothing to keep.
		}
	}
}
