package main

import (
	"maps"
	"slices"
	"strings"
)

// pruned is a live value reduced to what was given: the rest is the server's, or somebody else's.
func pruned(live, given any, field string) any {
	switch given := given.(type) {
	case map[string]any:
		if live, ok := live.(map[string]any); ok {
			kept := map[string]any{}
			for key, shape := range given {
				if v, there := live[key]; there {
					kept[key] = pruned(v, shape, key)
				}
			}
			return kept
		}
	case []any:
		if live, ok := live.([]any); ok {
			return prunedList(live, given, field)
		}
	}
	return live
}

// prunedList holds lists that the API merges by a key against each other by that key: an entry that somebody
// else added is not ours. Other lists belong to one writer as a whole.
func prunedList(live, given []any, field string) []any {
	kept := []any{}
	if key := mergeKey(live, given, field); key != "" {
		for _, shape := range given {
			for _, v := range live {
				if same(at(shape.(map[string]any), key), at(v.(map[string]any), key)) {
					kept = append(kept, pruned(v, shape, ""))
				}
			}
		}
		return kept
	}
	for _, v := range live {
		if field == "tolerations" && !contains(given, v) && byAdmission(v) {
			continue
		}
		if len(kept) < len(given) {
			v = pruned(v, given[len(kept)], "")
		}
		kept = append(kept, v)
	}
	return kept
}

// mergeKey names the field that tells the entries of both lists apart; "" for lists without one.
func mergeKey(live, given []any, field string) string {
	if field == "subjects" || field == "httpHeaders" {
		return ""
	}
	for _, key := range []string{"name", "mountPath", "devicePath", "containerPort", "port", "ip", "topologyKey"} {
		if tellsApart(live, key) && tellsApart(given, key) {
			return key
		}
	}
	return ""
}

func tellsApart(list []any, key string) bool {
	seen := map[any]bool{}
	for _, entry := range list {
		fields, ok := entry.(map[string]any)
		if !ok {
			return false
		}
		v := fields[key]
		switch n := v.(type) {
		case int64:
			v = float64(n)
		case string, float64:
		default:
			return false
		}
		if seen[v] {
			return false
		}
		seen[v] = true
	}
	return len(list) > 0
}

func contains(list []any, v any) bool {
	for _, entry := range list {
		if alike(entry, v) {
			return true
		}
	}
	return false
}

// byAdmission tells a toleration that every pod gets.
func byAdmission(toleration any) bool {
	fields, ok := toleration.(map[string]any)
	return ok && strings.HasPrefix(textOr(fields, "", "key"), "node.kubernetes.io/")
}

// restated is a pruned value in the words in which it was given, where the server only says the same in its own:
// "1" for "1000m", and nothing for something empty.
func restated(path []any, now, given any) any {
	switch was := given.(type) {
	case map[string]any:
		is, ok := now.(map[string]any)
		if !ok {
			return now
		}
		said := maps.Clone(is)
		for key, v := range was {
			if found, there := is[key]; there {
				said[key] = restated(append(slices.Clone(path), key), found, v)
			} else if empty(v) {
				said[key] = v
			}
		}
		return said
	case []any:
		is, ok := now.([]any)
		if !ok || len(is) != len(was) {
			return now
		}
		said := slices.Clone(is)
		for i, v := range was {
			said[i] = restated(append(slices.Clone(path), i), is[i], v)
		}
		return said
	}
	if sameAmount(path, now, given) {
		return given
	}
	return now
}
