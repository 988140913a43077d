package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

type pluginStream = grpc.ServerStreamingServer[pulumirpc.RunPluginResponse]

// RunPlugin runs a policy pack (kind "analyzer") or another plugin written for Node.js, and hands
// its output to the engine until it ends.
func (h *host) RunPlugin(req *pulumirpc.RunPluginRequest, stream pluginStream) error {
	opts, err := parseOptions(req.GetInfo())
	if err != nil {
		return err
	}
	env := append(append([]string{}, req.GetEnv()...), opts.environment()...)
	out, stderr := toEngine(stream)
	ctx, cancel := h.either(stream.Context())
	defer cancel()

	if req.GetKind() == "analyzer" {
		return runPolicyPack(ctx, req, opts, env, out, stderr)
	}
	folder := req.GetInfo().GetProgramDirectory()
	path, err := runner(folder, "run-plugin")
	if err != nil {
		return err
	}
	// The official host gives nodeargs to the runner here, not to node itself. Doing better would let
	// something work here that does not work elsewhere.
	args := append(append([]string{path}, opts.nodeargs...), folder)
	cmd, err := command(ctx, append(args, req.GetArgs()...))
	if err != nil {
		return err
	}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = req.GetPwd(), env, out, stderr
	return ended(stream, cmd.Run())
}

// ended tells the engine how a plugin ended.
func ended(stream pluginStream, err error) error {
	code := int32(0)
	if err != nil {
		var exited *exec.ExitError
		if !errors.As(err, &exited) {
			return errors.New(exitText(err))
		}
		code = int32(exited.ExitCode()) //nolint:gosec // exit codes are small
	}
	return stream.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: code},
	})
}

// writer turns a function into an io.Writer.
type writer func([]byte) error

func (w writer) Write(data []byte) (int, error) { return len(data), w(data) }

// toEngine gives two writers onto one stream, which takes one message at a time.
func toEngine(stream pluginStream) (stdout, stderr io.Writer) {
	turn := make(chan struct{}, 1)
	send := func(response *pulumirpc.RunPluginResponse) error {
		turn <- struct{}{}
		defer func() { <-turn }()
		return stream.Send(response)
	}
	return writer(func(data []byte) error {
			return send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: data}})
		}), writer(func(data []byte) error {
			return send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: data}})
		})
}

func runPolicyPack(
	ctx context.Context, req *pulumirpc.RunPluginRequest, opts options, env []string, out, stderr io.Writer,
) error {
	folder := req.GetInfo().GetProgramDirectory()
	path, err := runner(folder, "run-policy-pack")
	if err != nil {
		return err
	}
	args := append(append([]string{path}, opts.nodeargs...), req.GetArgs()...)
	return servePolicyProxy(ctx, out, func(stackEnv []string) (*exec.Cmd, error) {
		cmd, err := command(ctx, append(args, folder))
		if err != nil {
			return nil, err
		}
		cmd.Dir, cmd.Stderr = folder, stderr
		cmd.Env = append(append(env, stackEnv...), inherited()...)
		return cmd, nil
	})
}

// inherited is what node needs in any case, where the engine passes an environment without it.
func inherited() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
