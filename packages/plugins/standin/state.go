package standin

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"homelab/plugins/schemas"
)

func merge(base, over Map) Map {
	all := base.Copy()
	for key, v := range over {
		all[key] = v
	}
	return all
}

func withDefaults(effects Resource, inputs Map) Map {
	if effects.Defaults == nil {
		return inputs
	}
	return merge(effects.Defaults(inputs), inputs)
}

// comparable is the form in which inputs are held against each other: plain, with defaults, and
// with different spellings of the same made alike.
func comparable(effects Resource, inputs Map) Map {
	form := withDefaults(effects, plainMap(inputs))
	if effects.Canonical != nil {
		form = effects.Canonical(form)
	}
	return form
}

// diff tells what changed between two sets of plain inputs, and what of it replaces.
func diff(old, wanted Map, replaces func(name string) bool) plugin.DiffResult {
	changes := old.DiffIncludeUnknowns(wanted)
	if changes == nil {
		return plugin.DiffResult{Changes: plugin.DiffNone}
	}
	result := plugin.DiffResult{
		Changes:      plugin.DiffSome,
		DetailedDiff: plugin.NewDetailedDiffFromObjectDiff(changes, true),
	}
	for key := range merge(old, wanted) {
		if changes.Changed(key) {
			result.ChangedKeys = append(result.ChangedKeys, key)
			if replaces != nil && replaces(string(key)) {
				result.ReplaceKeys = append(result.ReplaceKeys, key)
			}
		}
	}
	slices.Sort(result.ChangedKeys)
	slices.Sort(result.ReplaceKeys)
	for path, change := range result.DetailedDiff {
		parsed, err := resource.ParsePropertyPath(path)
		if err == nil && len(parsed) > 0 {
			if root, ok := parsed[0].(string); ok && slices.Contains(result.ReplaceKeys, resource.PropertyKey(root)) {
				change.Kind = change.Kind.AsReplace()
				result.DetailedDiff[path] = change
			}
		}
	}
	return result
}

// unknowns are the outputs that only the real thing tells: those that are required and not inputs.
func unknowns(spec schemas.Resource) Map {
	open := Map{}
	for _, name := range spec.Required {
		if _, isInput := spec.InputProperties[name]; !isInput {
			open[resource.PropertyKey(name)] = resource.MakeComputed(Text(""))
		}
	}
	return open
}

// keepsValue tells whether an output that is not given now stays as it was: those that are no
// inputs, and inputs that the plugin makes up by itself when they are not given (a generated secret).
func keepsValue(spec schemas.Resource, effects Resource, name string) bool {
	_, isInput := spec.InputProperties[name]
	return !isInput || slices.Contains(spec.Required, name)
}

func follows(effects Resource, output string, changed []resource.PropertyKey) bool {
	if effects.DependsOn == nil {
		return false
	}
	for _, input := range effects.DependsOn(output) {
		if slices.Contains(changed, resource.PropertyKey(input)) {
			return true
		}
	}
	return false
}

// wrap makes outputs secret: where the schema says so, where the input of the same name is secret,
// and where an output follows a secret input.
func wrap(spec schemas.Resource, effects Resource, inputs, outputs Map) Map {
	wrapped := Map{}
	for key, v := range outputs {
		given, isInput := inputs[key]
		switch {
		case isInput && given.ContainsSecrets() && plain(given).DeepEquals(v):
			v = given // Keeps its secrets exactly where they are.
		case isInput && given.ContainsSecrets(), spec.Properties[string(key)].Secret:
			v = secret(v)
		case !isInput && effects.DependsOn != nil:
			for _, input := range effects.DependsOn(string(key)) {
				if inputs[resource.PropertyKey(input)].ContainsSecrets() {
					v = secret(v)
				}
			}
		}
		if spec.Properties[string(key)].Secret {
			v = secret(v)
		}
		wrapped[key] = v
	}
	return wrapped
}

// refreshed are the inputs that would lead to the state that was found: those given before with
// their present values; after an import, all that the state tells.
func refreshed(spec schemas.Resource, effects Resource, before, state Map) Map {
	if len(before) == 0 {
		inputs, defaults := Map{}, withDefaults(effects, Map{})
		for name, property := range spec.InputProperties {
			key := resource.PropertyKey(name)
			v, ok := state[key]
			if !ok || v.DeepEquals(defaults[key]) {
				continue
			}
			if property.Secret {
				v = secret(v)
			}
			inputs[key] = v
		}
		return inputs
	}
	inputs := before.Copy()
	for key, old := range before {
		now, found := state[key]
		if _, isInput := spec.InputProperties[string(key)]; found && isInput {
			inputs[key] = present(old, now)
		}
	}
	return inputs
}

// present is the value now, in the shape in which it was given: the same secrets, and of an object
// only the keys that were given.
func present(given, now Value) Value {
	if given.IsSecret() {
		return resource.MakeSecret(present(given.SecretValue().Element, now))
	}
	if given.IsObject() && now.IsObject() {
		shaped := Map{}
		for key, old := range given.ObjectValue() {
			if v, ok := now.ObjectValue()[key]; ok {
				shaped[key] = present(old, v)
			}
		}
		return resource.NewObjectProperty(shaped)
	}
	return now
}
