package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"homelab/plugins/standin"
)

const forget = "set PULUMI_K8S_DELETE_UNREACHABLE=true to take the object out of the state if the cluster is gone for good"

// Read looks at the live object: for a refresh, for an import, and for .get of the SDK.
func (p *provider) Read(request context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	ctx, done := p.operation(request)
	defer done()
	if why := p.refuses(req.URN.Type()); why != "" {
		return plugin.ReadResponse{}, errors.New(why)
	}
	if p.cluster == nil {
		switch {
		case p.settings.deleteUnreachable:
			p.log.Warn(req.URN, p.unreachable.Error()+"; deleteUnreachable is set: the object is taken out of the state")
			return plugin.ReadResponse{}, nil
		case p.settings.skipUpdateUnreachable && len(req.State) > 0:
			p.log.Warn(req.URN, p.unreachable.Error()+"; skipUpdateUnreachable is set: the last known state is kept")
			return plugin.ReadResponse{ReadResult: plugin.ReadResult{
				ID: req.ID, Inputs: req.Inputs, Outputs: req.State,
			}}, nil
		}
		return plugin.ReadResponse{}, fmt.Errorf("%w; %s", p.unreachable, forget)
	}
	before := given(req.Inputs, req.State)
	gvk := gvkOf(before)
	if gvk.Kind == "" {
		if gvk = gvkOf(fieldsOf(req.State)); gvk.Kind == "" {
			gvk = gvkOfURN(req.URN)
		}
	}
	namespace, name := parseID(string(req.ID))
	objects, err := p.cluster.of(gvk, namespace)
	if err == nil {
		found, readErr := objects.Get(ctx, name, metav1.GetOptions{})
		if readErr == nil {
			first := len(req.Inputs) == 0
			inputs := p.inputsNow(string(req.URN.Type()), found.Object, before, req.Inputs)
			state := checkpoint(inputs, found, p.manager(req.State, before))
			if verdict := p.now(ctx, found.Object); !first && !verdict.ready && verdict.refreshed {
				err := fmt.Errorf("%s is not ready: %s", title(found.Object), verdict.sentence())
				return plugin.ReadResponse{}, unfinished(err, string(req.ID), state, inputs)
			}
			return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: req.ID, Inputs: inputs, Outputs: state}}, nil
		}
		err = readErr
	}
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return plugin.ReadResponse{}, nil
	}
	return plugin.ReadResponse{}, fmt.Errorf("%s %s: %w", gvk.Kind, req.ID, err)
}

// inputsNow are the inputs that would lead to what is there: those of before with their present values; on an
// import all that a program can decide.
func (p *provider) inputsNow(token string, live, before map[string]any, known standin.Map) standin.Map {
	if len(known) > 0 {
		now, _ := restated(nil, pruned(readable(live, before), before, ""), before).(map[string]any)
		inputs := mapOf(decided(now))
		keepSecrets(inputs, known)
		return inputs
	}
	fields := decided(live)
	delete(fields, "status")
	if spec, listed := p.schema.Resources[token]; listed {
		for key := range fields {
			if _, isInput := spec.InputProperties[key]; !isInput {
				delete(fields, key)
			}
		}
	}
	if annotations, ok := at(fields, "metadata", "annotations").(map[string]any); ok {
		for _, key := range []string{lastApplied, "deployment.kubernetes.io/revision"} {
			delete(annotations, key)
		}
	}
	inputs := mapOf(fields)
	keepSecrets(inputs, nil)
	return inputs
}

// awaitedGone are the kinds whose end can be left alone by skipAwait.
var awaitedGone = []string{"Deployment", "StatefulSet", "DaemonSet", "Job", "Namespace", "Pod", "ReplicationController"}

// Delete removes the object and waits until it is gone.
func (p *provider) Delete(request context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	ctx, done := p.operation(request)
	defer done()
	if p.cluster == nil {
		if p.settings.deleteUnreachable {
			p.log.Warn(req.URN, p.unreachable.Error()+"; deleteUnreachable is set: the object is taken out of the state")
			return plugin.DeleteResponse{}, nil
		}
		return plugin.DeleteResponse{}, fmt.Errorf("%w; %s", p.unreachable, forget)
	}
	live, before := fieldsOf(req.Outputs), given(req.Inputs, req.Outputs)
	if isPatch(req.URN, before) {
		err := p.relinquish(ctx, live, p.manager(req.Outputs, before))
		if apierrors.IsInvalid(err) {
			err = fmt.Errorf("%s: the patch holds a field that the object must have: set retainOnDelete (%w)", title(live), err)
		}
		return plugin.DeleteResponse{}, err
	}
	err := p.remove(ctx, req.URN, live, before, req.Timeout)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		err = nil
	}
	return plugin.DeleteResponse{}, err
}

func (p *provider) remove(
	ctx context.Context, urn resource.URN, live, before map[string]any, timeout float64,
) error {
	objects, err := p.cluster.of(gvkOf(live), namespaceOf(live))
	if err != nil {
		return err
	}
	policy := metav1.DeletePropagationForeground
	switch strings.ToLower(annotation(before, propagation)) {
	case "background":
		policy = metav1.DeletePropagationBackground
	case "orphan":
		policy = metav1.DeletePropagationOrphan
	}
	if err := objects.Delete(ctx, nameOf(live), metav1.DeleteOptions{PropagationPolicy: &policy}); err != nil {
		return err
	}
	kind := gvkOf(live).Kind
	if annotation(before, skipAwait) == "true" && slices.Contains(awaitedGone, kind) {
		return nil
	}
	fallback := 5 * time.Minute
	if kind == "Deployment" || kind == "StatefulSet" {
		fallback = 10 * time.Minute
	}
	limit := p.limit(before, timeout, fallback)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errTimeout)
	defer cancel()
	waits := lingering(live)
	for said := time.Now(); ; {
		now, err := objects.Get(ctx, nameOf(live), metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err), err == nil && textOr(live, "", "metadata", "uid") != "" &&
			string(now.GetUID()) != textOr(live, "", "metadata", "uid"):
			return nil
		case ctx.Err() != nil:
			return interrupted(ctx, title(live)+" is being deleted and is still there"+waits, limit)
		}
		version := ""
		if err == nil {
			waits, version = lingering(now.Object), now.GetResourceVersion()
		}
		if time.Since(said) > 5*time.Second {
			said = time.Now()
			p.log.Status(urn, "still there"+waits)
		}
		follow(ctx, objects, itself(nameOf(live), version), 5*time.Second)
	}
}

// lingering says what an object still waits for.
func lingering(fields map[string]any) string {
	finalizers, _ := at(fields, "metadata", "finalizers").([]any)
	if len(finalizers) == 0 {
		return ""
	}
	return fmt.Sprintf(", finalizers %v", finalizers)
}
