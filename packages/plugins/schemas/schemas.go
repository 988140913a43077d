// Package schemas holds what the official plugins' schemas say about the resources that the
// stand-ins offer. The JSON files are cut out by extract.sh; nothing in them is written by hand.
package schemas

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed *.json
var files embed.FS

// Package is one plugin's schema, reduced to the resources in use.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Config  struct {
		Variables map[string]Property `json:"variables"`
	} `json:"config"`
	Resources map[string]Resource `json:"resources"`
	Types     map[string]Type     `json:"types"`
}

// Resource is a resource type: what it takes and what it gives.
type Resource struct {
	InputProperties map[string]Property `json:"inputProperties"`
	RequiredInputs  []string            `json:"requiredInputs"`
	Properties      map[string]Property `json:"properties"`
	Required        []string            `json:"required"`
}

// Type is a named object or enumeration that properties refer to.
type Type struct {
	Type       string              `json:"type"`
	Properties map[string]Property `json:"properties"`
	Required   []string            `json:"required"`
	Enum       []struct {
		Value string `json:"value"`
	} `json:"enum"`
}

// Property is one input or output.
type Property struct {
	Type                 string    `json:"type"`
	Ref                  string    `json:"$ref"`
	Items                *Property `json:"items"`
	AdditionalProperties *Property `json:"additionalProperties"`
	Default              any       `json:"default"`
	Secret               bool      `json:"secret"`
	// Either flag says that a change makes the resource anew: the first is an order to the engine,
	// the second tells what the plugin does by itself.
	ReplaceOnChanges     bool `json:"replaceOnChanges"`
	WillReplaceOnChanges bool `json:"willReplaceOnChanges"`
}

// Replaces tells whether a change of the property makes the resource anew.
func (p Property) Replaces() bool { return p.ReplaceOnChanges || p.WillReplaceOnChanges }

// Load returns the schema of a plugin and its JSON text.
func Load(name string) (Package, []byte, error) {
	var parsed Package
	text, err := files.ReadFile(name + ".json")
	if err != nil {
		return parsed, nil, fmt.Errorf("no schema of a plugin named %q: %w", name, err)
	}
	if err := json.Unmarshal(text, &parsed); err != nil {
		return parsed, nil, fmt.Errorf("schema of plugin %q: %w", name, err)
	}
	return parsed, text, nil
}

// Lookup finds the type that a property refers to; false for none, or for one of Pulumi's own.
func (p Package) Lookup(ref string) (Type, bool) {
	found, ok := p.Types[strings.TrimPrefix(ref, "#/types/")]
	return found, ok
}
