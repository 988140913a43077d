package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// exitShown is the program's exit code where the user has been told already what went wrong.
const exitShown = 32

// Run runs a program for a preview or an update, and returns when it has ended.
func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	ctx, cancel := h.either(ctx)
	defer cancel()
	cmd, err := h.program(ctx, req)
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	// Handed over behind a plain writer: node would switch the host's own pipes to non-blocking.
	cmd.Stdout, cmd.Stderr = struct{ io.Writer }{os.Stdout}, struct{ io.Writer }{os.Stderr}
	if err := cmd.Run(); err != nil {
		var exited *exec.ExitError
		if errors.As(err, &exited) && exited.ExitCode() == exitShown {
			return &pulumirpc.RunResponse{Bail: true}, nil
		}
		return &pulumirpc.RunResponse{Error: exitText(err)}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}

func (h *host) program(ctx context.Context, req *pulumirpc.RunRequest) (*exec.Cmd, error) {
	info := req.GetInfo()
	opts, err := parseOptions(info)
	if err != nil {
		return nil, err
	}
	run, err := runner(info.GetProgramDirectory(), "run")
	if err != nil {
		return nil, err
	}
	settings, err := settings(req.GetConfig())
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(append([]string{}, req.GetConfigSecretKeys()...))
	if err != nil {
		return nil, err
	}
	cmd, err := command(ctx, append(append(opts.nodeargs, run), h.arguments(req)...))
	if err != nil {
		return nil, err
	}
	cmd.Env = append(append(os.Environ(), opts.environment()...),
		"PULUMI_CONFIG="+settings, "PULUMI_CONFIG_SECRET_KEYS="+string(secretKeys))
	return cmd, nil
}

func (h *host) arguments(req *pulumirpc.RunRequest) []string {
	var args []string
	add := func(name, value string) {
		if value != "" {
			args = append(args, "--"+name, value)
		}
	}
	info := req.GetInfo()
	add("monitor", req.GetMonitorAddress())
	add("engine", h.engine)
	add("organization", req.GetOrganization())
	add("project", req.GetProject())
	add("root-directory", info.GetRootDirectory())
	add("stack", req.GetStack())
	add("pwd", info.GetProgramDirectory())
	add("parallel", strconv.Itoa(int(req.GetParallel())))
	if req.GetDryRun() {
		args = append(args, "--dry-run")
	}
	return append(append(args, info.GetEntryPoint()), req.GetArgs()...)
}

// settings is the stack's configuration in the form that every version of the SDK reads.
func settings(given map[string]string) (string, error) {
	keyed := make(map[string]string, len(given))
	for name, value := range given {
		key, err := config.ParseKey(name)
		if err != nil {
			return "", err
		}
		keyed[key.Namespace()+":config:"+key.Name()] = value
	}
	text, err := json.Marshal(keyed)
	return string(text), err
}
