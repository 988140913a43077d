package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/util/yaml"
)

// decode reads the objects of a YAML text with any number of documents; lists are taken apart.
func decode(text, namespace string) ([]any, error) {
	objects := []any{}
	documents := yaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the manifest cannot be read: %w", err)
		}
		var object map[string]any
		if err := yaml.Unmarshal(document, &object); err != nil {
			return nil, fmt.Errorf("the manifest is not YAML: %w", err)
		}
		if len(object) == 0 {
			continue
		}
		if kind, _ := object["kind"].(string); kind == "" || object["apiVersion"] == nil {
			return nil, errors.New("a document of the manifest has no apiVersion and kind")
		}
		items, isList := object["items"].([]any)
		if !isList {
			items = []any{object}
		}
		for _, item := range items {
			if fields, ok := item.(map[string]any); ok && namespace != "" && !clusterScoped[gvkOf(fields).GroupKind().String()] {
				metadata := child(fields, "metadata")
				if metadata["namespace"] == nil {
					metadata["namespace"] = namespace
				}
			}
			objects = append(objects, item)
		}
	}
}
