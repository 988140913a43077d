package main

import (
	"encoding/base64"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	amount "k8s.io/apimachinery/pkg/api/resource"
)

// missing marks what is not there, which is another thing than null.
type missing struct{}

// comparison gathers what an update would change.
type comparison struct {
	fixed   []string
	changes map[string]plugin.PropertyDiff
}

// compare holds a wanted value against the one that is there. given is what was wanted last time: where the
// server leaves out something empty that was given then, nothing has changed.
func (c *comparison) compare(path []any, now, given, wanted any) {
	if _, unknown := wanted.(resource.Computed); unknown {
		c.note(path, now, wanted)
		return
	}
	if wanted == nil {
		wanted = missing{}
	}
	if now == (missing{}) || wanted == (missing{}) {
		droppedByServer := now == (missing{}) && given != (missing{}) && empty(wanted)
		if now != wanted && !droppedByServer {
			c.note(path, now, wanted)
		}
		return
	}
	switch was := now.(type) {
	case map[string]any:
		if becomes, ok := wanted.(map[string]any); ok {
			before, _ := given.(map[string]any)
			all := maps.Clone(was)
			maps.Copy(all, becomes)
			for _, key := range slices.Sorted(maps.Keys(all)) {
				c.compare(append(slices.Clone(path), key), get(was, key), get(before, key), get(becomes, key))
			}
			return
		}
	case []any:
		if becomes, ok := wanted.([]any); ok {
			before, _ := given.([]any)
			for i := range max(len(was), len(becomes)) {
				c.compare(append(slices.Clone(path), i), index(was, i), index(before, i), index(becomes, i))
			}
			return
		}
	}
	if !same(now, wanted) && !sameAmount(path, now, wanted) {
		c.note(path, now, wanted)
	}
}

func (c *comparison) note(path []any, now, wanted any) {
	change := plugin.PropertyDiff{Kind: plugin.DiffUpdate}
	switch {
	case now == (missing{}):
		change.Kind = plugin.DiffAdd
	case wanted == (missing{}):
		change = plugin.PropertyDiff{Kind: plugin.DiffDelete, InputDiff: true}
	}
	if isFixed(path, c.fixed, change.Kind == plugin.DiffDelete) {
		change.Kind = change.Kind.AsReplace()
	}
	steps := make(resource.PropertyPath, 0, len(path))
	for _, step := range path {
		if name, ok := step.(string); ok {
			if key, changed := underscored(name); changed {
				step = string(key)
			}
		}
		steps = append(steps, step)
	}
	c.changes[steps.String()] = change
}

func get(fields map[string]any, key string) any {
	if v, ok := fields[key]; ok {
		return v
	}
	return missing{}
}

func index(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return missing{}
}

// empty are the values that the server leaves out of what it keeps.
func empty(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case bool:
		return !v
	case float64:
		return v == 0
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, entry := range v {
			if !empty(entry) {
				return false
			}
		}
		return true
	}
	return v == nil
}

func float(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// same compares values that are neither objects nor lists.
func same(a, b any) bool {
	if m, ok := float(a); ok {
		n, ok := float(b)
		return ok && m == n
	}
	switch a.(type) {
	case map[string]any, []any:
		return false
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

// alike compares any two values.
func alike(a, b any) bool {
	c := comparison{changes: map[string]plugin.PropertyDiff{}}
	c.compare(nil, a, missing{}, b)
	return len(c.changes) == 0
}

// amounts are the fields that hold amounts of something, which the server writes in its own way: 1000m is 1.
var amounts = []any{"requests", "limits", "capacity", "overhead", "podFixed", "hard", "sizeLimit"}

func sameAmount(path []any, a, b any) bool {
	if !slices.ContainsFunc(path, func(step any) bool { return slices.Contains(amounts, step) }) {
		return false
	}
	parse := func(v any) (amount.Quantity, bool) {
		if n, ok := float(v); ok {
			return *amount.NewMilliQuantity(int64(n*1000), amount.DecimalSI), true
		}
		s, ok := v.(string)
		if !ok {
			return amount.Quantity{}, false
		}
		q, err := amount.ParseQuantity(s)
		return q, err == nil
	}
	m, first := parse(a)
	n, second := parse(b)
	return first && second && m.Cmp(n) == 0
}

// readable gives a Secret back the stringData that it was given: the server keeps it as data only.
func readable(live, given map[string]any) map[string]any {
	plain, ok := given["stringData"].(map[string]any)
	if !ok || gvkOf(given).Kind != "Secret" {
		return live
	}
	live = maps.Clone(live)
	written := map[string]any{}
	for key := range plain {
		if encoded, ok := text(live, "data", key); ok {
			if decoded, err := base64.StdEncoding.DecodeString(encoded); err == nil {
				written[key] = string(decoded)
			}
		}
	}
	live["stringData"] = written
	return live
}
