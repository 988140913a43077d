package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"homelab/plugins/standin"
)

// settings are the provider's, with those of the environment where the program gives none.
type settings struct {
	namespace             string
	deleteUnreachable     bool
	skipUpdateUnreachable bool
	mutableConfigMaps     bool
	mutableSecrets        bool
	patchForce            bool
}

func flag(config standin.Map, key, variable string) bool {
	return standin.GetFlag(config, key, os.Getenv(variable) == "true")
}

func (p *provider) CheckConfig(_ context.Context, req plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	checked, failures := standin.CheckSettings(p.schema, req.News)
	refuse := func(key resource.PropertyKey, format string, args ...any) {
		failures = append(failures, plugin.CheckFailure{Property: key, Reason: fmt.Sprintf(format, args...)})
	}
	config := standin.Plain(req.News)
	if !flag(config, "enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY") &&
		(config.HasValue("enableServerSideApply") || os.Getenv("PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY") != "") &&
		!config["enableServerSideApply"].IsComputed() {
		refuse("enableServerSideApply",
			"enableServerSideApply: this stand-in of the kubernetes plugin has no client-side apply: %s", p.official())
	}
	for _, key := range []resource.PropertyKey{"renderYamlToDirectory", "alwaysRender"} {
		if v := config[key]; v.HasValue() && v != resource.NewStringProperty("") && !reflect.DeepEqual(v, standin.Flag(false)) {
			refuse(key, "%s: this stand-in of the kubernetes plugin renders no files: %s", key, p.official())
		}
	}
	if standin.GetFlag(config, "strictMode", false) {
		for _, key := range []resource.PropertyKey{"kubeconfig", "context"} {
			if v := config[key]; !v.HasValue() || v.IsString() && v.StringValue() == "" {
				refuse(key, "strictMode requires the setting %s", key)
			}
		}
	}
	return plugin.CheckConfigResponse{Properties: checked, Failures: failures}, nil
}

// DiffConfig makes everything anew only where the cluster is another one. A clusterIdentifier decides that;
// without one it is the server that the kubeconfig names.
func (p *provider) DiffConfig(_ context.Context, req plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	old, wanted := standin.Plain(req.OldInputs), standin.Plain(req.NewInputs)
	changes := old.DiffIncludeUnknowns(wanted)
	if changes == nil {
		return plugin.DiffResult{Changes: plugin.DiffNone}, nil
	}
	result := plugin.DiffResult{Changes: plugin.DiffSome, ChangedKeys: changes.ChangedKeys()}
	const identifier = "clusterIdentifier"
	switch {
	case wanted.HasValue(identifier) && !changes.Changed(identifier):
		return result, nil
	case changes.Updated(identifier):
		result.ReplaceKeys = append(result.ReplaceKeys, identifier)
	}
	where := []resource.PropertyKey{"kubeconfig", "context", "cluster"}
	another := slices.ContainsFunc(where, func(key resource.PropertyKey) bool { return wanted[key].IsComputed() })
	if !another {
		before, beforeKnown := server(old)
		now, nowKnown := server(wanted)
		another = beforeKnown && nowKnown && before != now
	}
	for _, key := range where {
		if another && changes.Changed(key) {
			result.ReplaceKeys = append(result.ReplaceKeys, key)
		}
	}
	return result, nil
}

func (p *provider) Configure(_ context.Context, req plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	if req.Inputs.ContainsUnknowns() {
		p.unreachable = fmt.Errorf("the settings of the kubernetes provider are not known yet")
		return plugin.ConfigureResponse{}, nil
	}
	config := standin.Plain(req.Inputs)
	p.settings = settings{
		namespace:             standin.GetTextOr(config, "namespace", ""),
		deleteUnreachable:     flag(config, "deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
		skipUpdateUnreachable: flag(config, "skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
		mutableConfigMaps:     flag(config, "enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
		mutableSecrets:        flag(config, "enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
		patchForce:            flag(config, "enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
	}
	ctx, done := p.operation(context.Background())
	defer done()
	var namespace string
	p.cluster, namespace, p.unreachable = connect(ctx, config, limits(config))
	if p.settings.namespace == "" {
		p.settings.namespace = namespace
	}
	if p.cluster == nil {
		p.log.Warn("", p.unreachable.Error())
	}
	return plugin.ConfigureResponse{}, nil
}

// pace is how fast the cluster may be asked, and how long an answer may take, in seconds.
type pace struct {
	QPS     float64 `json:"qps"`
	Burst   int     `json:"burst"`
	Timeout int     `json:"timeout"`
}

func limits(config standin.Map) pace {
	chosen := pace{QPS: 50, Burst: 120}
	if given := config["kubeClientSettings"]; given.IsObject() {
		if raw, err := json.Marshal(given.ObjectValue().Mappable()); err == nil {
			_ = json.Unmarshal(raw, &chosen) // Checked against the schema before.
		}
	} else if given.IsString() {
		_ = json.Unmarshal([]byte(given.StringValue()), &chosen)
	}
	if qps, err := strconv.ParseFloat(os.Getenv("PULUMI_K8S_CLIENT_QPS"), 64); err == nil {
		chosen.QPS = qps
	}
	if burst, err := strconv.Atoi(os.Getenv("PULUMI_K8S_CLIENT_BURST")); err == nil {
		chosen.Burst = burst
	}
	if timeout, err := strconv.Atoi(os.Getenv("PULUMI_K8S_CLIENT_TIMEOUT")); err == nil {
		chosen.Timeout = timeout
	}
	return chosen
}
