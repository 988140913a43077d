package standin

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"homelab/plugins/schemas"
)

// checker holds inputs against the schema and gathers one sentence for each mistake.
type checker struct {
	schema      schemas.Package
	unsupported map[string]string
	failures    []plugin.CheckFailure
}

// CheckInputs holds the inputs of one resource against its schema, which the schema must have.
func CheckInputs(schema schemas.Package, token string, given Map) (Map, []plugin.CheckFailure) {
	c := checker{schema: schema}
	spec := schema.Resources[token]
	return c.object("", given, spec.InputProperties, spec.RequiredInputs), c.failures
}

// notSettings are put among a provider's settings by the engine.
var notSettings = []resource.PropertyKey{"version", "pluginDownloadURL", "pluginChecksums"}

// CheckSettings refuses what the plugin has no setting for.
func CheckSettings(schema schemas.Package, given Map) (Map, []plugin.CheckFailure) {
	checked, failures := Map{}, []plugin.CheckFailure{}
	for key, v := range given {
		_, known := schema.Config.Variables[string(key)]
		switch {
		case known || slices.Contains(notSettings, key) || strings.HasPrefix(string(key), "__"):
			checked[key] = v
		default:
			failures = append(failures, plugin.CheckFailure{Property: key, Reason: fmt.Sprintf(
				"%s is not a setting of the %s plugin; allowed are: %s",
				key, schema.Name, strings.Join(names(schema.Config.Variables), ", "))})
		}
	}
	return checked, failures
}

func (c *checker) fail(path, format string, args ...any) {
	c.failures = append(c.failures, plugin.CheckFailure{
		Property: resource.PropertyKey(path),
		Reason:   fmt.Sprintf(format, args...),
	})
}

// object checks the properties of one object and fills in the schema's defaults.
func (c *checker) object(path string, given Map, known map[string]schemas.Property, required []string) Map {
	checked := Map{}
	for _, key := range given.StableKeys() {
		v := given[key]
		if v.IsNull() || strings.HasPrefix(string(key), "__") {
			continue
		}
		at := path + string(key)
		property, ok := known[string(key)]
		if !ok {
			c.fail(at, "%s is not a property here; allowed are: %s", at, strings.Join(names(known), ", "))
			continue
		}
		if why, ok := c.unsupported[at]; ok {
			c.fail(at, "%s is not supported by this stand-in of the %s plugin: %s", at, c.schema.Name, why)
			continue
		}
		checked[key] = c.value(at, v, property)
	}
	for name, property := range known {
		key := resource.PropertyKey(name)
		if _, given := checked[key]; !given && property.Default != nil {
			checked[key] = resource.NewPropertyValue(property.Default)
		}
	}
	for _, name := range required {
		if v, ok := given[resource.PropertyKey(name)]; !ok || v.IsNull() {
			c.fail(path+name, "%s%s is required and missing", path, name)
		}
	}
	return checked
}

func (c *checker) value(path string, v Value, property schemas.Property) Value {
	if v.IsSecret() {
		return resource.MakeSecret(c.value(path, v.SecretValue().Element, property))
	}
	if v.IsComputed() || v.IsOutput() {
		return v
	}
	if property.Ref != "" {
		return c.reference(path, v, property.Ref)
	}
	switch property.Type {
	case "string":
		c.expect(path, v.IsString(), v, "text")
	case "boolean":
		c.expect(path, v.IsBool(), v, "true or false")
	case "number":
		c.expect(path, v.IsNumber(), v, "a number")
	case "integer":
		c.expect(path, v.IsNumber() && v.NumberValue() == math.Trunc(v.NumberValue()), v, "a whole number")
	case "array":
		if c.expect(path, v.IsArray(), v, "a list") && property.Items != nil {
			items := make([]Value, 0, len(v.ArrayValue()))
			for i, item := range v.ArrayValue() {
				items = append(items, c.value(fmt.Sprintf("%s[%d]", path, i), item, *property.Items))
			}
			return resource.NewArrayProperty(items)
		}
	case "object":
		if c.expect(path, v.IsObject(), v, "an object") && property.AdditionalProperties != nil {
			entries := Map{}
			for key, entry := range v.ObjectValue() {
				entries[key] = c.value(path+"."+string(key), entry, *property.AdditionalProperties)
			}
			return resource.NewObjectProperty(entries)
		}
	}
	return v
}

func (c *checker) reference(path string, v Value, ref string) Value {
	named, ok := c.schema.Lookup(ref)
	if !ok { // pulumi.json#/Any and its like take what they are given.
		return v
	}
	if len(named.Enum) > 0 {
		if c.expect(path, v.IsString(), v, "text") {
			var allowed []string
			for _, e := range named.Enum {
				allowed = append(allowed, e.Value)
			}
			if !slices.Contains(allowed, v.StringValue()) {
				c.fail(path, "%s must be one of %s", path, strings.Join(allowed, ", "))
			}
		}
		return v
	}
	if !c.expect(path, v.IsObject(), v, "an object") {
		return v
	}
	return resource.NewObjectProperty(c.object(path+".", v.ObjectValue(), named.Properties, named.Required))
}

// expect reports a wrong type without the value: it may be a secret.
func (c *checker) expect(path string, ok bool, v Value, wanted string) bool {
	if !ok {
		c.fail(path, "%s must be %s, not %s", path, wanted, v.TypeString())
	}
	return ok
}

func names(properties map[string]schemas.Property) []string {
	list := make([]string, 0, len(properties))
	for name := range properties {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}
