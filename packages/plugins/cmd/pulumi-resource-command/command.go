package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	sdk "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"homelab/plugins/standin"
)

// job is one command to run, with all that it gets.
type job struct {
	command     string
	stdin       string
	environment map[string]string
	inputs      standin.Map
	stdout      io.Writer
	stderr      io.Writer
}

// runner runs a job somewhere. Its error says how the command ended, not what it printed.
type runner func(ctx context.Context, job job) error

// In the official plugin, an output of remote.Command follows these inputs ...
func remoteOutputsFollow(string) []string { return []string{"create", "update"} }

// ... and an output of local.Command follows every input.
func localOutputsFollow(string) []string {
	return []string{"addPreviousOutputInEnv", "create", "delete", "dir", "environment", "interpreter",
		"logging", "stdin", "triggers", "update"}
}

func resource(run runner, unsupported map[string]string, follow func(string) []string) standin.Resource {
	return standin.Resource{
		Unsupported: unsupported,
		DependsOn:   follow,
		Create: func(ctx context.Context, call standin.Call) (string, standin.Map, error) {
			id, err := sdk.NewUniqueHex(call.Name, 8, 0)
			if err != nil {
				return "", nil, err
			}
			outputs, err := perform(ctx, run, call, "create")
			return id, outputs, err
		},
		Update: func(ctx context.Context, call standin.Call) (standin.Map, error) {
			which := "update"
			if _, given := standin.GetText(call.Inputs, which); !given {
				which = "create"
			}
			return perform(ctx, run, call, which)
		},
		Delete: func(ctx context.Context, call standin.Call) error {
			_, err := perform(ctx, run, call, "delete")
			return err
		},
	}
}

// perform runs the command of one input, if it is given, and returns what it printed.
func perform(ctx context.Context, run runner, call standin.Call, which string) (standin.Map, error) {
	command, given := standin.GetText(call.Inputs, which)
	if !given {
		return standin.Map{
			"stdout": standin.Text(standin.GetTextOr(call.Outputs, "stdout", "")),
			"stderr": standin.Text(standin.GetTextOr(call.Outputs, "stderr", "")),
		}, nil
	}
	var stdout, stderr, both bytes.Buffer
	shared := &lines{into: &both}
	logged := &lines{each: call.Log}
	logging := standin.GetTextOr(call.Inputs, "logging", "stdoutAndStderr")
	err := run(ctx, job{
		command:     command,
		stdin:       standin.GetTextOr(call.Inputs, "stdin", ""),
		environment: environment(call),
		inputs:      call.Inputs,
		stdout:      tee(&stdout, shared, logged, logging == "stdout" || logging == "stdoutAndStderr"),
		stderr:      tee(&stderr, shared, logged, logging == "stderr" || logging == "stdoutAndStderr"),
	})
	logged.flush()
	if err != nil {
		shown := fmt.Sprintf("%q", command)
		if call.IsSecret(which) {
			shown = "[secret]" // Says less than the official plugin, on purpose.
		}
		var dial *dialError
		if errors.As(err, &dial) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: running %s:\n%s", err, shown, both.String())
	}
	return standin.Map{
		"stdout": standin.Text(strings.TrimSuffix(stdout.String(), "\n")),
		"stderr": standin.Text(strings.TrimSuffix(stderr.String(), "\n")),
	}, nil
}

// environment adds what the last run printed, unless that is turned off.
func environment(call standin.Call) map[string]string {
	env := map[string]string{}
	for key, v := range standin.GetMap(call.Inputs, "environment") {
		if v.IsString() {
			env[string(key)] = v.StringValue()
		}
	}
	if standin.GetFlag(call.Inputs, "addPreviousOutputInEnv", true) {
		for output, name := range map[string]string{
			"stdout": "PULUMI_COMMAND_STDOUT", "stderr": "PULUMI_COMMAND_STDERR",
		} {
			if last, ok := standin.GetText(call.Outputs, output); ok && last != "" {
				env[name] = last
			}
		}
	}
	return env
}

func tee(own io.Writer, both, logged io.Writer, log bool) io.Writer {
	if !log {
		return io.MultiWriter(own, both)
	}
	return io.MultiWriter(own, both, logged)
}

// lines takes writes from two streams at once: into a buffer, or line by line to a function.
type lines struct {
	mu   sync.Mutex
	into *bytes.Buffer
	each func(string)
	rest []byte
}

func (l *lines) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.into != nil {
		return l.into.Write(data)
	}
	l.rest = append(l.rest, data...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		if end < 0 {
			return len(data), nil
		}
		l.each(string(l.rest[:end]))
		l.rest = l.rest[end+1:]
	}
}

func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.each(string(l.rest))
		l.rest = nil
	}
}
