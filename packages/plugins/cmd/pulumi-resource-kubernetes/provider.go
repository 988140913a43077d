package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"homelab/plugins/schemas"
	"homelab/plugins/standin"
)

type provider struct {
	plugin.UnimplementedProvider

	schema     schemas.Package
	schemaText []byte
	log        standin.Logger
	settings   settings
	// cluster is nil where it cannot be reached; unreachable then says why.
	cluster     *cluster
	unreachable error
	scopes      *scopes

	// stop ends every wait: the user pressed Ctrl-C.
	stopped context.Context
	stop    context.CancelFunc
}

func newProvider(log standin.Logger) (*provider, error) {
	schema, text, err := schemas.Load("kubernetes")
	if err != nil {
		return nil, err
	}
	p := &provider{schema: schema, schemaText: text, log: log, scopes: newScopes()}
	p.unreachable = fmt.Errorf("the kubernetes provider is not configured")
	p.stopped, p.stop = context.WithCancel(context.Background())
	return p, nil
}

func (p *provider) Pkg() tokens.Package { return "kubernetes" }

func (p *provider) Close() error { return nil }

func (p *provider) SignalCancellation(context.Context) error {
	p.stop()
	return nil
}

func (p *provider) Handshake(
	context.Context, plugin.ProviderHandshakeRequest,
) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true}, nil
}

func (p *provider) GetSchema(context.Context, plugin.GetSchemaRequest) (plugin.GetSchemaResponse, error) {
	return plugin.GetSchemaResponse{Schema: p.schemaText}, nil
}

func (p *provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	version, err := semver.Parse(p.schema.Version)
	return plugin.PluginInfo{Version: &version}, err
}

// operation is the context of one request: it ends with the request and with Ctrl-C.
func (p *provider) operation(request context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(request)
	release := context.AfterFunc(p.stopped, cancel)
	return ctx, func() { release(); cancel() }
}

func (p *provider) official() string {
	return fmt.Sprintf("install the official plugin (pulumi plugin install resource kubernetes v%s)", p.schema.Version)
}

// refuses says why a type is not for this stand-in, or is for nobody; "" where it is.
func (p *provider) refuses(token tokens.Type) string {
	module, name := string(token.Module().Name()), string(token.Name())
	switch {
	case strings.HasPrefix(module, "helm.sh/"), strings.HasPrefix(module, "kustomize"), strings.HasPrefix(module, "yaml"):
		return fmt.Sprintf("this stand-in of the kubernetes plugin has no %s: %s", token, p.official())
	case strings.HasSuffix(name, "List") && len(name) > len("List"):
		return fmt.Sprintf("%s cannot be declared: lists exist for reading manifests, declare each object instead", token)
	}
	return ""
}

// Construct would make the components of kubernetes:yaml/v2 and kubernetes:helm.sh/v4.
func (p *provider) Construct(_ context.Context, req plugin.ConstructRequest) (plugin.ConstructResponse, error) {
	return plugin.ConstructResponse{}, fmt.Errorf(
		"this stand-in of the kubernetes plugin has no %s: %s", req.Type, p.official())
}

// Invoke reads manifests for the components of kubernetes:yaml (the Node.js package makes their objects).
func (p *provider) Invoke(_ context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	if req.Tok != "kubernetes:yaml:decode" {
		return plugin.InvokeResponse{}, fmt.Errorf(
			"this stand-in of the kubernetes plugin has no %s: %s", req.Tok, p.official())
	}
	args := standin.Plain(req.Args)
	objects, err := decode(standin.GetTextOr(args, "text", ""), standin.GetTextOr(args, "defaultNamespace", ""))
	if err != nil {
		return plugin.InvokeResponse{}, err
	}
	return plugin.InvokeResponse{Properties: standin.Map{"result": resource.NewPropertyValue(objects)}}, nil
}
