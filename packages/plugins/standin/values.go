package standin

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Map and Value are the engine's own; they are renamed for short.
type (
	Map   = resource.PropertyMap
	Value = resource.PropertyValue
)

// Text makes a string value.
func Text(s string) Value { return resource.NewStringProperty(s) }

// Flag makes a boolean value.
func Flag(b bool) Value { return resource.NewBoolProperty(b) }

// Number makes a number value.
func Number(n float64) Value { return resource.NewNumberProperty(n) }

// Texts makes an array of strings.
func Texts(list []string) Value {
	values := make([]Value, 0, len(list))
	for _, s := range list {
		values = append(values, Text(s))
	}
	return resource.NewArrayProperty(values)
}

// GetText reads a string that may be missing.
func GetText(m Map, key string) (string, bool) {
	if v := m[resource.PropertyKey(key)]; v.IsString() {
		return v.StringValue(), true
	}
	return "", false
}

// GetTextOr reads a string, or gives the default where it is missing.
func GetTextOr(m Map, key, missing string) string {
	if s, ok := GetText(m, key); ok {
		return s
	}
	return missing
}

// GetFlag reads a boolean. Provider configuration arrives as the text "true" or "false".
func GetFlag(m Map, key string, missing bool) bool {
	v := m[resource.PropertyKey(key)]
	if v.IsBool() {
		return v.BoolValue()
	}
	if v.IsString() && v.StringValue() != "" {
		return v.StringValue() == "true"
	}
	return missing
}

// GetInt reads a whole number.
func GetInt(m Map, key string, missing int) int {
	if v := m[resource.PropertyKey(key)]; v.IsNumber() {
		return int(v.NumberValue())
	}
	return missing
}

// GetMap reads an object; an empty one where it is missing.
func GetMap(m Map, key string) Map {
	if v := m[resource.PropertyKey(key)]; v.IsObject() {
		return v.ObjectValue()
	}
	return Map{}
}

// GetTexts reads an array of strings.
func GetTexts(m Map, key string) []string {
	var list []string
	if v := m[resource.PropertyKey(key)]; v.IsArray() {
		for _, item := range v.ArrayValue() {
			if item.IsString() {
				list = append(list, item.StringValue())
			}
		}
	}
	return list
}

// plain is the value without its secret wrappings: what the real effects work with. What the
// official plugins note for themselves ("__defaults" and the like) is left out.
func plain(v Value) Value {
	switch {
	case v.IsSecret():
		return plain(v.SecretValue().Element)
	case v.IsOutput():
		if !v.OutputValue().Known {
			return resource.MakeComputed(Text(""))
		}
		return plain(v.OutputValue().Element)
	case v.IsArray():
		items := make([]Value, 0, len(v.ArrayValue()))
		for _, item := range v.ArrayValue() {
			items = append(items, plain(item))
		}
		return resource.NewArrayProperty(items)
	case v.IsObject():
		return resource.NewObjectProperty(plainMap(v.ObjectValue()))
	default:
		return v
	}
}

func plainMap(m Map) Map {
	bare := Map{}
	for key, v := range m {
		if !strings.HasPrefix(string(key), "__") && !v.IsNull() {
			bare[key] = plain(v)
		}
	}
	return bare
}

// Plain are the values without their secret wrappings and without what plugins note for themselves.
func Plain(m Map) Map { return plainMap(m) }

func secret(v Value) Value {
	if v.IsSecret() || v.IsNull() {
		return v
	}
	return resource.MakeSecret(v)
}
