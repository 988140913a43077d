// Package standin makes a Pulumi provider from an official plugin's schema and the real effects of
// its resources. What a schema says (names, types, what is required, what is secret, what replaces)
// is read from the schema itself, so that each stand-in says it in one place only.
package standin

import "context"

// Resource is what a stand-in adds to the schema of one resource type. Every map it sees is plain:
// secrets are unwrapped; outside of previews nothing is unknown.
type Resource struct {
	// Unsupported names properties that the schema has and the stand-in refuses, with the reason.
	Unsupported map[string]string
	// ReplacesAlways is for plugins whose schema does not say that every change replaces.
	ReplacesAlways bool
	// Autoname names the property that gets "NAME-1a2b3c4" where the program gives none.
	Autoname string
	// AutonameUnless is the property that makes the automatic name unnecessary.
	AutonameUnless string
	// Defaults fills in what the official plugin takes for properties that are not given. They count
	// as given when changes are looked for, and stand in the outputs.
	Defaults func(inputs Map) Map
	// Canonical makes two values that mean the same alike before changes are looked for.
	Canonical func(inputs Map) Map
	// Validate adds checks that a schema cannot express: one sentence for each mistake. Inputs may
	// hold unknowns.
	Validate func(inputs Map) []string
	// DependsOn names the inputs that an output follows: where one of them is secret, so is the
	// output, and where one changes, a preview shows the output as unknown. Nil for outputs that keep
	// their value over an update and are secret only where the schema says so.
	DependsOn func(output string) []string

	// Create makes it and returns its id and the outputs that are not inputs.
	Create func(ctx context.Context, call Call) (id string, outputs Map, err error)
	// Read returns what is there now: every known output, inputs among them. found=false drops the
	// resource from the state. Nil: the resource has nothing that could be looked at.
	Read func(ctx context.Context, call Call) (now Map, found bool, err error)
	// Update returns the outputs that are not inputs. Nil: no change leads here.
	Update func(ctx context.Context, call Call) (outputs Map, err error)
	// Delete removes it. Nil: there is nothing to remove. It must succeed where it is gone already.
	Delete func(ctx context.Context, call Call) error
}

// Call is one operation on one resource.
type Call struct {
	Name, ID string
	// Inputs are the wanted ones; for Delete and Read the last known ones.
	Inputs Map
	// OldInputs and Outputs are those of the last state; empty for Create.
	OldInputs, Outputs Map
	// IsSecret tells whether an input arrived as a secret: its value must not be printed.
	IsSecret func(input string) bool
	// Log shows a line beside the resource while it is worked on.
	Log func(line string)
}
