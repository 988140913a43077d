package standin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"homelab/plugins/schemas"
)

// Provider is a stand-in for one official plugin.
type Provider struct {
	plugin.UnimplementedProvider

	schema     schemas.Package
	schemaText []byte
	resources  map[string]Resource
	configure  func(config Map) error
	log        Logger

	// notReady says why nothing can be done yet: a setting is known only after an update.
	notReady error
}

// New makes the provider. configure may be nil where the plugin takes no settings.
func New(name string, resources map[string]Resource, configure func(config Map) error) (*Provider, error) {
	schema, text, err := schemas.Load(name)
	if err != nil {
		return nil, err
	}
	return &Provider{schema: schema, schemaText: text, resources: resources, configure: configure}, nil
}

func (p *Provider) Pkg() tokens.Package { return tokens.Package(p.schema.Name) }

func (p *Provider) Close() error { return nil }

func (p *Provider) SignalCancellation(context.Context) error { return nil }

func (p *Provider) Handshake(
	context.Context, plugin.ProviderHandshakeRequest,
) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true}, nil
}

func (p *Provider) GetSchema(context.Context, plugin.GetSchemaRequest) (plugin.GetSchemaResponse, error) {
	return plugin.GetSchemaResponse{Schema: p.schemaText}, nil
}

func (p *Provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	version, err := semver.Parse(p.schema.Version)
	return plugin.PluginInfo{Version: &version}, err
}

func (p *Provider) CheckConfig(_ context.Context, req plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	checked, failures := CheckSettings(p.schema, req.News)
	return plugin.CheckConfigResponse{Properties: checked, Failures: failures}, nil
}

func (p *Provider) DiffConfig(_ context.Context, req plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return diff(plainMap(req.OldInputs), plainMap(req.NewInputs), func(string) bool { return false }), nil
}

func (p *Provider) Configure(_ context.Context, req plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	if p.configure == nil {
		return plugin.ConfigureResponse{}, nil
	}
	if req.Inputs.ContainsUnknowns() {
		p.notReady = fmt.Errorf("the settings of the %s provider are not known yet", p.schema.Name)
		return plugin.ConfigureResponse{}, nil
	}
	return plugin.ConfigureResponse{}, p.configure(plainMap(req.Inputs))
}

// find returns the schema and the effects of a type.
func (p *Provider) find(urn resource.URN) (schemas.Resource, Resource, error) {
	token := string(urn.Type())
	effects, ok := p.resources[token]
	if !ok {
		return schemas.Resource{}, Resource{}, fmt.Errorf(
			"this stand-in of the %s plugin has no %s: install the official plugin "+
				"(pulumi plugin install resource %s v%s)", p.schema.Name, token, p.schema.Name, p.schema.Version)
	}
	return p.schema.Resources[token], effects, nil
}

func (p *Provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	spec, effects, err := p.find(req.URN)
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	c := checker{schema: p.schema, unsupported: effects.Unsupported}
	inputs := c.object("", req.News, spec.InputProperties, spec.RequiredInputs)
	if err := autoname(effects, req, inputs); err != nil {
		return plugin.CheckResponse{}, err
	}
	if effects.Validate != nil && len(c.failures) == 0 {
		for _, sentence := range effects.Validate(plainMap(inputs)) {
			c.failures = append(c.failures, plugin.CheckFailure{Reason: sentence})
		}
	}
	for name, property := range spec.InputProperties {
		if v, ok := inputs[resource.PropertyKey(name)]; ok && property.Secret {
			inputs[resource.PropertyKey(name)] = secret(v)
		}
	}
	return plugin.CheckResponse{Properties: inputs, Failures: c.failures}, nil
}

// autoname gives a name to a resource without one, and keeps it over later runs. As the official
// plugins do, it notes in "__defaults" that the name was not the program's.
func autoname(effects Resource, req plugin.CheckRequest, inputs Map) error {
	key := resource.PropertyKey(effects.Autoname)
	if key == "" || inputs.HasValue(key) || inputs.HasValue(resource.PropertyKey(effects.AutonameUnless)) {
		return nil
	}
	inputs["__defaults"] = Texts([]string{string(key)})
	if old, ok := req.Olds[key]; ok && slices.Contains(GetTexts(req.Olds, "__defaults"), string(key)) {
		inputs[key] = old
		return nil
	}
	name, err := resource.NewUniqueName(req.RandomSeed, req.URN.Name()+"-", 7, 255, nil)
	inputs[key] = Text(name)
	return err
}

func (p *Provider) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	spec, effects, err := p.find(req.URN)
	if err != nil {
		return plugin.DiffResponse{}, err
	}
	return diff(comparable(effects, req.OldInputs), comparable(effects, req.NewInputs), func(name string) bool {
		return effects.ReplacesAlways || spec.InputProperties[name].Replaces()
	}), nil
}

func (p *Provider) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	spec, effects, err := p.find(req.URN)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	inputs := plainMap(req.Properties)
	if req.Preview {
		outputs := merge(withDefaults(effects, inputs), unknowns(spec))
		return plugin.CreateResponse{Properties: wrap(spec, effects, req.Properties, outputs)}, nil
	}
	if p.notReady != nil {
		return plugin.CreateResponse{}, p.notReady
	}
	call := Call{Name: req.URN.Name(), Inputs: inputs, OldInputs: Map{}, Outputs: Map{}}
	id, computed, err := effects.Create(ctx, p.complete(call, req.URN, req.Properties))
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	return plugin.CreateResponse{
		ID:         resource.ID(id),
		Properties: wrap(spec, effects, req.Properties, merge(withDefaults(effects, inputs), computed)),
	}, nil
}

func (p *Provider) Read(ctx context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	spec, effects, err := p.find(req.URN)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	if effects.Read == nil {
		if len(req.State) == 0 {
			return plugin.ReadResponse{}, fmt.Errorf("a %s cannot be imported", req.URN.Type())
		}
		return plugin.ReadResponse{ReadResult: plugin.ReadResult{
			ID: req.ID, Inputs: req.Inputs, Outputs: req.State,
		}}, nil
	}
	if p.notReady != nil {
		return plugin.ReadResponse{}, p.notReady
	}
	call := Call{
		Name: req.URN.Name(), ID: string(req.ID),
		Inputs: plainMap(req.Inputs), OldInputs: plainMap(req.Inputs), Outputs: plainMap(req.State),
	}
	now, found, err := effects.Read(ctx, p.complete(call, req.URN, req.Inputs))
	if err != nil || !found {
		return plugin.ReadResponse{}, err
	}
	state := merge(call.Outputs, now)
	inputs := refreshed(spec, effects, req.Inputs, state)
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: req.ID, Inputs: inputs, Outputs: wrap(spec, effects, inputs, state),
	}}, nil
}

func (p *Provider) Update(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	spec, effects, err := p.find(req.URN)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	inputs, old := plainMap(req.NewInputs), plainMap(req.OldOutputs)
	kept := Map{} // What is not an input lives on, unless the update says otherwise.
	for name := range spec.Properties {
		key := resource.PropertyKey(name)
		if v, ok := old[key]; ok && !inputs.HasValue(key) && keepsValue(spec, effects, name) {
			kept[key] = v
		}
	}
	outputs := merge(kept, withDefaults(effects, inputs))
	if req.Preview {
		changed := diff(comparable(effects, req.OldInputs), comparable(effects, req.NewInputs), nil).ChangedKeys
		for name := range unknowns(spec) {
			if follows(effects, string(name), changed) {
				outputs[name] = resource.MakeComputed(Text(""))
			}
		}
		return plugin.UpdateResponse{Properties: wrap(spec, effects, req.NewInputs, outputs)}, nil
	}
	if p.notReady != nil {
		return plugin.UpdateResponse{}, p.notReady
	}
	if effects.Update == nil {
		return plugin.UpdateResponse{}, errors.New("this resource cannot be updated in place")
	}
	call := Call{
		Name: req.URN.Name(), ID: string(req.ID),
		Inputs: inputs, OldInputs: plainMap(req.OldInputs), Outputs: old,
	}
	computed, err := effects.Update(ctx, p.complete(call, req.URN, req.NewInputs))
	if err != nil {
		return plugin.UpdateResponse{Status: resource.StatusOK}, err
	}
	return plugin.UpdateResponse{
		Properties: wrap(spec, effects, req.NewInputs, merge(outputs, computed)),
	}, nil
}

func (p *Provider) Delete(ctx context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	_, effects, err := p.find(req.URN)
	if err != nil || effects.Delete == nil {
		return plugin.DeleteResponse{}, err
	}
	if p.notReady != nil {
		return plugin.DeleteResponse{}, p.notReady
	}
	call := Call{
		Name: req.URN.Name(), ID: string(req.ID),
		Inputs: plainMap(req.Inputs), OldInputs: plainMap(req.Inputs), Outputs: plainMap(req.Outputs),
	}
	return plugin.DeleteResponse{}, effects.Delete(ctx, p.complete(call, req.URN, req.Inputs))
}

// complete adds to a call what depends on who asks.
func (p *Provider) complete(call Call, urn resource.URN, wrapped Map) Call {
	call.IsSecret = func(input string) bool { return wrapped[resource.PropertyKey(input)].ContainsSecrets() }
	call.Log = func(line string) { p.log.Status(urn, line) }
	return call
}
