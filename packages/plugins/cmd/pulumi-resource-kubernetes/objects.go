package main

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"homelab/plugins/standin"
)

// What the official plugin notes in the state beside the live object.
const (
	keyInputs       = "__inputs"
	keyAPIVersion   = "__initialApiVersion"
	keyFieldManager = "__fieldManager"
)

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// dashed are the fields of a custom resource definition that languages without dashes in names write with
// underscores.
func dashed(key string) (string, bool) {
	if strings.HasPrefix(key, "x_kubernetes_") {
		return strings.ReplaceAll(key, "_", "-"), true
	}
	return "", false
}

func underscored(key string) (resource.PropertyKey, bool) {
	if strings.HasPrefix(key, "x-kubernetes-") {
		return resource.PropertyKey(strings.ReplaceAll(key, "-", "_")), true
	}
	return "", false
}

func withoutSecret(v resource.PropertyValue) (any, bool) {
	if v.IsSecret() {
		return v.SecretValue().Element.MapRepl(dashed, withoutSecret), true
	}
	return nil, false
}

// fieldsOf are the fields of an object as the API writes them: no secrets' wrappings, nothing of Pulumi's own.
// What is not known yet stays a resource.Computed.
func fieldsOf(m standin.Map) map[string]any {
	fields := m.MapRepl(dashed, withoutSecret)
	for key := range fields {
		if strings.HasPrefix(key, "__") {
			delete(fields, key)
		}
	}
	return fields
}

// child is a nested object, made where it is missing.
func child(fields map[string]any, key string) map[string]any {
	if nested, ok := fields[key].(map[string]any); ok {
		return nested
	}
	nested := map[string]any{}
	fields[key] = nested
	return nested
}

// at finds a nested value.
func at(fields map[string]any, path ...string) any {
	var v any = fields
	for _, key := range path {
		nested, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = nested[key]
	}
	return v
}

func text(fields map[string]any, path ...string) (string, bool) {
	s, ok := at(fields, path...).(string)
	return s, ok
}

func textOr(fields map[string]any, missing string, path ...string) string {
	if s, ok := text(fields, path...); ok {
		return s
	}
	return missing
}

// number reads a whole number, which the API gives as int64 and the engine as float64.
func number(fields map[string]any, missing int64, path ...string) int64 {
	switch n := at(fields, path...).(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return missing
}

func gvkOf(fields map[string]any) schema.GroupVersionKind {
	return schema.FromAPIVersionAndKind(textOr(fields, "", "apiVersion"), textOr(fields, "", "kind"))
}

func annotation(fields map[string]any, key string) string {
	return textOr(fields, "", "metadata", "annotations", key)
}

func nameOf(fields map[string]any) string { return textOr(fields, "", "metadata", "name") }

func namespaceOf(fields map[string]any) string { return textOr(fields, "", "metadata", "namespace") }

// fullName is NAMESPACE/NAME, or NAME for what lives in no namespace: the id in the state.
func fullName(fields map[string]any) string {
	if namespace := namespaceOf(fields); namespace != "" {
		return namespace + "/" + nameOf(fields)
	}
	return nameOf(fields)
}

// title is how sentences call an object.
func title(fields map[string]any) string {
	return textOr(fields, "object", "kind") + " " + fullName(fields)
}

func parseID(id string) (namespace, name string) {
	namespace, name, found := strings.Cut(id, "/")
	if !found {
		return "", id
	}
	return namespace, name
}

// checkpoint is what the state keeps: the live object, the inputs that led to it, and who wrote it.
func checkpoint(inputs standin.Map, live *unstructured.Unstructured, manager string) standin.Map {
	state := mapOf(live.Object)
	keepSecrets(state, inputs)
	if inputs["stringData"].ContainsSecrets() && state.HasValue("data") {
		state["data"] = hidden(state["data"])
	}
	given := standin.Map{}
	for key, v := range inputs {
		if !strings.HasPrefix(string(key), "__") {
			given[key] = v
		}
	}
	state[keyInputs] = resource.NewObjectProperty(given)
	state[keyAPIVersion] = standin.Text(live.GetAPIVersion())
	state[keyFieldManager] = standin.Text(manager)
	return state
}

func mapOf(fields map[string]any) standin.Map {
	return resource.NewPropertyMapFromMapRepl(fields, underscored, nil)
}

// keepSecrets makes secret in what was found whatever was secret in what was given, and all data of a Secret.
// Of lists the whole is secret where one entry is: their order is the server's.
func keepSecrets(found, given standin.Map) {
	if kind := found["kind"]; kind.IsString() && kind.StringValue() == "Secret" {
		for _, key := range []resource.PropertyKey{"data", "stringData"} {
			if found.HasValue(key) {
				found[key] = hidden(found[key])
			}
		}
		// kubectl repeats the data there.
		if notes := standin.GetMap(standin.GetMap(found, "metadata"), "annotations"); notes.HasValue(lastApplied) {
			notes[lastApplied] = hidden(notes[lastApplied])
		}
	}
	for key, v := range given {
		now, there := found[key]
		switch {
		case !there || now.IsSecret() || !v.ContainsSecrets():
		case now.IsObject() && v.IsObject():
			keepSecrets(now.ObjectValue(), v.ObjectValue())
		default:
			found[key] = hidden(now)
		}
	}
}

func hidden(v standin.Value) standin.Value {
	if v.IsSecret() {
		return v
	}
	return resource.MakeSecret(v)
}

// redacted is an error without the secrets of the inputs: the API quotes what it refuses.
func redacted(err error, inputs standin.Map) string {
	sentence := err.Error()
	var hide func(v standin.Value, secret bool)
	hide = func(v standin.Value, secret bool) {
		switch {
		case v.IsSecret():
			hide(v.SecretValue().Element, true)
		case v.IsObject():
			for _, entry := range v.ObjectValue() {
				hide(entry, secret)
			}
		case v.IsArray():
			for _, entry := range v.ArrayValue() {
				hide(entry, secret)
			}
		case secret && v.IsString() && len(v.StringValue()) > 2:
			sentence = strings.ReplaceAll(sentence, v.StringValue(), "[secret]")
		}
	}
	hide(resource.NewObjectProperty(inputs), false)
	return sentence
}
