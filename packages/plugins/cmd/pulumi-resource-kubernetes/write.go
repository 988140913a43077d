package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"homelab/plugins/standin"
)

// unfinished is the error for an object that is there and not as it should be: the engine keeps its state, and
// the next update goes on with it.
func unfinished(err error, id string, state, inputs standin.Map) error {
	detail := pulumirpc.ErrorResourceInitFailed{Id: id, Reasons: []string{err.Error()}}
	options := plugin.MarshalOptions{KeepSecrets: true, KeepUnknowns: true}
	var marshalled error
	if detail.Properties, marshalled = plugin.MarshalProperties(state, options); marshalled != nil {
		return errors.Join(err, marshalled)
	}
	if inputs != nil {
		if detail.Inputs, marshalled = plugin.MarshalProperties(inputs, options); marshalled != nil {
			return errors.Join(err, marshalled)
		}
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, err.Error()), &detail)
}

// foretellable tells whether the server can say what an object would become.
func (p *provider) foretellable(inputs standin.Map) bool {
	return p.cluster != nil && !inputs.ContainsUnknowns() && p.cluster.knows(gvkOf(fieldsOf(inputs)))
}

func (p *provider) Create(request context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	ctx, done := p.operation(request)
	defer done()
	fields := fieldsOf(req.Properties)
	unchanged := plugin.CreateResponse{Properties: req.Properties}
	if req.Preview && (!p.foretellable(req.Properties) || isPatch(req.URN, fields)) {
		return unchanged, nil
	}
	if p.cluster == nil {
		return plugin.CreateResponse{}, p.unreachable
	}
	p.place(fields)
	manager := p.manager(nil, fields)
	if isPatch(req.URN, fields) {
		if _, err := p.read(ctx, fields); err != nil {
			return plugin.CreateResponse{}, explained(err, fields)
		}
	}
	made, err := p.cluster.applyNew(ctx, application{
		// A preview says what would be: whether the fields are somebody else's shows when it is done.
		fields: fields, manager: manager, force: req.Preview || p.force(fields), dryRun: req.Preview,
	})
	if req.Preview {
		if err != nil {
			// Who may not try, or replaces what is there, or makes the namespace too, learns it when it is done.
			_, former := p.read(ctx, fields)
			if apierrors.IsForbidden(err) || namespaceIsMissing(err) || apierrors.IsInvalid(err) && former == nil {
				return unchanged, nil
			}
			return plugin.CreateResponse{}, errors.New(redacted(explained(err, fields), req.Properties))
		}
		unstructured.RemoveNestedField(made.Object, "status")
		return plugin.CreateResponse{Properties: checkpoint(req.Properties, made, manager)}, nil
	}
	if err != nil {
		return plugin.CreateResponse{}, errors.New(redacted(explained(err, fields), req.Properties))
	}
	p.learn(made.Object)
	live, waited := p.await(ctx, req.URN, made, fields, req.Timeout)
	id, state := fullName(live.Object), checkpoint(req.Properties, live, manager)
	if waited != nil {
		return plugin.CreateResponse{}, unfinished(waited, id, state, nil)
	}
	return plugin.CreateResponse{ID: resource.ID(id), Properties: state}, nil
}

func (p *provider) Update(request context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	ctx, done := p.operation(request)
	defer done()
	if req.Preview && !p.foretellable(req.NewInputs) {
		return plugin.UpdateResponse{Properties: req.NewInputs}, nil
	}
	if p.cluster == nil {
		return plugin.UpdateResponse{}, p.unreachable
	}
	fields := fieldsOf(req.NewInputs)
	p.place(fields)
	live, err := p.read(ctx, fields)
	if apierrors.IsNotFound(err) {
		return plugin.UpdateResponse{}, fmt.Errorf(
			"%s is gone: somebody deleted it; run pulumi refresh, and the next update makes it again", title(fields))
	}
	if err != nil {
		return plugin.UpdateResponse{}, explained(err, fields)
	}
	before, manager := p.manager(req.OldOutputs, fieldsOf(req.OldInputs)), p.manager(req.OldOutputs, fields)
	withLive(fields, live, req.IgnoreChanges)
	made, err := p.update(ctx, application{
		fields: fields, manager: manager, dryRun: req.Preview,
		force: p.force(fields) || req.Preview && kubectls(live).Len() > 0,
	}, live, isPatch(req.URN, fields))
	if err != nil {
		if req.Preview && apierrors.IsForbidden(err) {
			return plugin.UpdateResponse{Properties: req.NewInputs}, nil
		}
		return plugin.UpdateResponse{}, errors.New(redacted(explained(err, fields), req.NewInputs))
	}
	if req.Preview {
		return plugin.UpdateResponse{Properties: checkpoint(req.NewInputs, made, manager)}, nil
	}
	p.learn(made.Object)
	if before != manager {
		if err := p.relinquish(ctx, made.Object, before); err != nil {
			return plugin.UpdateResponse{}, explained(err, fields)
		}
	}
	made, waited := p.await(ctx, req.URN, made, fields, req.Timeout)
	state := checkpoint(req.NewInputs, made, manager)
	if waited != nil {
		return plugin.UpdateResponse{}, unfinished(waited, fullName(made.Object), state, nil)
	}
	return plugin.UpdateResponse{Properties: state}, nil
}

// update applies a change. Definitions of kinds are put as a whole: an applied schema would keep old fields.
func (p *provider) update(
	ctx context.Context, a application, live *unstructured.Unstructured, patch bool,
) (*unstructured.Unstructured, error) {
	objects, err := p.cluster.of(gvkOf(a.fields), namespaceOf(a.fields))
	if err != nil {
		return nil, err
	}
	if gvkOf(a.fields).Kind == "CustomResourceDefinition" {
		whole := &unstructured.Unstructured{Object: decided(a.fields)}
		whole.SetResourceVersion(live.GetResourceVersion())
		options := metav1.UpdateOptions{FieldManager: a.manager}
		if a.dryRun {
			options.DryRun = []string{metav1.DryRunAll}
		}
		return objects.Update(ctx, whole, options)
	}
	if !a.dryRun && !patch {
		if err := takeOver(ctx, objects, live, a.manager); err != nil {
			return nil, fmt.Errorf("the fields written by kubectl cannot be taken over: %w", err)
		}
	}
	return p.cluster.apply(ctx, a)
}

// place takes a namespace from objects that live in none: the check may not have known that.
func (p *provider) place(fields map[string]any) {
	placed(fields, p.scopes.namespaced(p.cluster, gvkOf(fields)))
}

// learn makes a new kind known.
func (p *provider) learn(made map[string]any) {
	if gvkOf(made).Kind == "CustomResourceDefinition" {
		p.cluster.mapper.Reset()
	}
}

// relinquish gives up the fields that a manager held.
func (p *provider) relinquish(ctx context.Context, fields map[string]any, manager string) error {
	metadata := map[string]any{"name": nameOf(fields)}
	if namespace := namespaceOf(fields); namespace != "" {
		metadata["namespace"] = namespace
	}
	_, err := p.cluster.apply(ctx, application{manager: manager, fields: map[string]any{
		"apiVersion": fields["apiVersion"], "kind": fields["kind"], "metadata": metadata,
	}})
	return err
}

func (p *provider) read(ctx context.Context, fields map[string]any) (*unstructured.Unstructured, error) {
	objects, err := p.cluster.of(gvkOf(fields), namespaceOf(fields))
	if err != nil {
		return nil, err
	}
	return objects.Get(ctx, nameOf(fields), metav1.GetOptions{})
}

// seconds is a time limit of so many seconds, or the fallback for none.
func seconds(limit float64, fallback time.Duration) time.Duration {
	if limit > 0 {
		return time.Duration(limit * float64(time.Second))
	}
	return fallback
}
