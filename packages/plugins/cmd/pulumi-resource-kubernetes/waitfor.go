package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// waitFor is the annotation by which a program says itself what to wait for: condition=TYPE or
// condition=TYPE=STATUS, jsonpath={PATH} or jsonpath={PATH}=VALUE, or a JSON list of these that all must hold.
const waitFor = "pulumi.com/waitFor"

func judgeBy(said string, fields map[string]any) verdict {
	wishes := []string{said}
	if strings.HasPrefix(strings.TrimSpace(said), "[") {
		if err := json.Unmarshal([]byte(said), &wishes); err != nil {
			return never("%s is neither a condition nor a JSON list of them", waitFor)
		}
	}
	for _, wish := range wishes {
		kind, rest, _ := strings.Cut(wish, "=")
		switch kind {
		case "condition":
			name, wanted, given := strings.Cut(rest, "=")
			if !given {
				wanted = "True"
			}
			if status, why := condition(fields, name); !strings.EqualFold(status, wanted) {
				return waits("its condition %s is %q%s", name, status, why)
			}
		case "jsonpath":
			path, wanted, given := strings.Cut(rest, "=")
			if open := strings.LastIndex(rest, "}"); open >= 0 {
				path = rest[:open+1]
				wanted, given = strings.CutPrefix(rest[open+1:], "=")
			}
			found, err := follows(path, fields)
			if err != nil {
				return never("%s: %v", waitFor, err)
			}
			if found == "" || given && found != wanted {
				return waits("%s is %q", path, found)
			}
		default:
			return never("%s: %q must begin with condition= or jsonpath=", waitFor, wish)
		}
	}
	return ready
}

func never(format string, args ...any) verdict {
	v := waits(format, args...)
	v.failed = true
	return v
}

// follows is the text of what a path leads to; "" for nothing.
func follows(path string, fields map[string]any) (string, error) {
	if !strings.HasPrefix(path, "{") {
		path = "{" + path + "}"
	}
	parsed := jsonpath.New("waitFor").AllowMissingKeys(true)
	if err := parsed.Parse(path); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	var text strings.Builder
	if err := parsed.Execute(&text, fields); err != nil {
		return "", nil // The path is right, and leads nowhere yet.
	}
	return text.String(), nil
}
