package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/shlex"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

var errNoNode = errors.New("node is not on the PATH: install Node.js 20.19 or newer")

// options are those of `runtime.options` in Pulumi.yaml, with the official host's defaults.
type options struct {
	typescript bool     // true: the SDK registers ts-node
	tsconfig   string   // "" for the SDK's choice
	nodeargs   []string // arguments for node itself
}

func parseOptions(info *pulumirpc.ProgramInfo) (options, error) {
	parsed := options{typescript: true}
	given := info.GetOptions().AsMap()
	if v, ok := given["typescript"]; ok {
		if parsed.typescript, ok = v.(bool); !ok {
			return parsed, errors.New("Pulumi.yaml: runtime.options.typescript must be true or false")
		}
	}
	if v, ok := given["tsconfig"]; ok {
		if parsed.tsconfig, ok = v.(string); !ok {
			return parsed, errors.New("Pulumi.yaml: runtime.options.tsconfig must be a path")
		}
	}
	if v, ok := given["nodeargs"]; ok {
		text, ok := v.(string)
		if !ok {
			return parsed, errors.New("Pulumi.yaml: runtime.options.nodeargs must be text")
		}
		var err error
		if parsed.nodeargs, err = shlex.Split(text); err != nil {
			return parsed, fmt.Errorf("Pulumi.yaml: runtime.options.nodeargs: %w", err)
		}
	}
	return parsed, nil
}

func (o options) environment() []string {
	var env []string
	if o.typescript {
		env = append(env, "PULUMI_NODEJS_TYPESCRIPT=true")
	}
	if o.tsconfig != "" {
		env = append(env, "PULUMI_NODEJS_TSCONFIG_PATH="+o.tsconfig)
	}
	return env
}

// runner finds one of the SDK's own runners ("run", "run-plugin", "run-policy-pack") as node would
// from the program's folder: in the nearest node_modules that has @pulumi/pulumi.
func runner(folder, name string) (string, error) {
	start, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	for at := start; ; at = filepath.Dir(at) {
		path := filepath.Join(at, "node_modules", "@pulumi", "pulumi", "cmd", name, "index.js")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("@pulumi/pulumi is not installed for %s: run `npm ci` there", start)
		}
	}
}

// command prepares node so that it is interrupted when the context ends, and killed 5 s later.
func command(ctx context.Context, args []string) (*exec.Cmd, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errNoNode
	}
	cmd := exec.CommandContext(ctx, node, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	return cmd, nil
}

// either ends when the call ends or when the whole host is stopped.
func (h *host) either(call context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(call)
	stop := context.AfterFunc(h.stopped, cancel)
	return ctx, func() { stop(); cancel() }
}

// exitText is what the official host says about a program that failed.
func exitText(err error) string {
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		return fmt.Sprintf("Program exited with non-zero exit code: %d", exited.ExitCode())
	}
	return "Problem executing program (could not run language executor): " + strings.TrimSpace(err.Error())
}
