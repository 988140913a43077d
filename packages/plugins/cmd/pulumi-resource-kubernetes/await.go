package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

var errTimeout = errors.New("time is over")

// limit is how long to wait: customTimeouts of the resource, else its annotation, else the kind's own time.
func (p *provider) limit(fields map[string]any, timeout float64, fallback time.Duration) time.Duration {
	if said, err := strconv.ParseFloat(annotation(fields, timeoutSeconds), 64); err == nil && timeout == 0 {
		timeout = said
	}
	return seconds(timeout, fallback)
}

// interrupted is the error of a wait that ended before its time, or with it.
func interrupted(ctx context.Context, what string, limit time.Duration) error {
	if errors.Is(context.Cause(ctx), errTimeout) {
		return fmt.Errorf("%s after %s", what, limit)
	}
	return fmt.Errorf("%s: the wait was cancelled", what)
}

// itself is the choice of one object, in and after a version.
func itself(name, version string) metav1.ListOptions {
	return metav1.ListOptions{
		FieldSelector:   fields.OneTermEqualSelector("metadata.name", name).String(),
		ResourceVersion: version,
	}
}

// follow returns when something happened to the objects after their version, or after the pause.
func follow(ctx context.Context, objects dynamic.ResourceInterface, what metav1.ListOptions, pause time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, pause)
	defer cancel()
	watching, err := objects.Watch(ctx, what)
	if err == nil {
		defer watching.Stop()
		select {
		case event, open := <-watching.ResultChan():
			if open && event.Type != watch.Error {
				return
			}
		case <-ctx.Done():
		}
	}
	<-ctx.Done() // Nothing can be watched, or only from a later version on: ask again after the pause.
}

// await waits until an object is what its kind calls ready, and returns it as it is then. The error says what is
// wrong with it, and comes with the object: it is there.
func (p *provider) await(
	ctx context.Context, urn resource.URN, made *unstructured.Unstructured, wanted map[string]any, timeout float64,
) (*unstructured.Unstructured, error) {
	fallback := patience(made.Object)
	if fallback == 0 || annotation(wanted, skipAwait) == "true" {
		return made, nil
	}
	limit := p.limit(wanted, timeout, fallback)
	objects, err := p.cluster.of(gvkOf(made.Object), made.GetNamespace())
	if err != nil {
		return made, err
	}
	waiting, cancel := context.WithTimeoutCause(ctx, limit, errTimeout)
	defer cancel()
	said, blamed := "", time.Now()
	for {
		verdict := p.now(waiting, made.Object)
		switch {
		case verdict.ready:
			return made, nil
		case verdict.failed:
			return made, fmt.Errorf("%s: %s%s", title(made.Object), verdict.sentence(), p.blame(made.Object))
		case waiting.Err() != nil:
			what := fmt.Sprintf("%s is not ready: %s%s", title(made.Object), verdict.sentence(), p.blame(made.Object))
			return made, interrupted(waiting, what, limit)
		case time.Since(blamed) > 15*time.Second: // Many wait at a time: asking more often would keep them all up.
			said, blamed = verdict.sentence(), time.Now()
			p.log.Status(urn, said+p.blame(made.Object))
		case said != verdict.sentence():
			said = verdict.sentence()
			p.log.Status(urn, said)
		}
		if verdict.elsewhere != nil {
			follow(waiting, verdict.elsewhere, verdict.what, 5*time.Second)
		} else {
			follow(waiting, objects, itself(made.GetName(), made.GetResourceVersion()), 5*time.Second)
		}
		latest, err := objects.Get(ctx, made.GetName(), metav1.GetOptions{})
		switch {
		case err == nil && latest.GetUID() == made.GetUID():
			made = latest
		case err == nil, apierrors.IsNotFound(err):
			return made, fmt.Errorf("%s was deleted by somebody else while it was waited for", title(made.Object))
		}
	}
}
