package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// policyProxy stands between the engine and a policy pack. A pack reads the stack's configuration
// from its environment, as a program does; the engine tells that configuration only to a pack that
// is running. So the proxy takes the engine's first call, and then starts the pack with what it said.
type policyProxy struct {
	pulumirpc.UnimplementedAnalyzerServer

	start func(stackEnv []string) (*exec.Cmd, error)
	out   io.Writer // the engine's view of the pack's output

	once   sync.Once
	pack   pulumirpc.AnalyzerClient
	failed error
	exited chan error
}

// servePolicyProxy serves until the context ends or the pack has ended.
func servePolicyProxy(ctx context.Context, out io.Writer, start func([]string) (*exec.Cmd, error)) error {
	proxy := &policyProxy{start: start, out: out, exited: make(chan error, 1)}
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterAnalyzerServer(server, proxy)
			return nil
		},
	})
	if err != nil {
		return err
	}
	defer close(cancel)
	if _, err := fmt.Fprintln(out, handle.Port); err != nil { // The engine waits for this line.
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-handle.Done:
		return err
	case err := <-proxy.exited:
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("policy pack: %s", exitText(err))
		}
		return nil
	}
}

// client is the pack, started on first use.
func (p *policyProxy) client(stack *pulumirpc.AnalyzerStackConfigureRequest) (pulumirpc.AnalyzerClient, error) {
	p.once.Do(func() { p.pack, p.failed = p.launch(stack) })
	return p.pack, p.failed
}

func (p *policyProxy) launch(stack *pulumirpc.AnalyzerStackConfigureRequest) (pulumirpc.AnalyzerClient, error) {
	env, err := stackEnvironment(stack)
	if err != nil {
		return nil, err
	}
	cmd, err := p.start(env)
	if err != nil {
		return nil, err
	}
	reader, writer := io.Pipe()
	cmd.Stdout = writer
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("policy pack: %w", err)
	}
	go func() {
		err := cmd.Wait()
		writer.Close()
		p.exited <- err
	}()
	lines := bufio.NewReader(reader)
	port, err := readPort(lines)
	if err != nil {
		return nil, err
	}
	go func() { _, _ = io.Copy(p.out, lines) }() // Ends with the pack.
	connection, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", port),
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return nil, err
	}
	return pulumirpc.NewAnalyzerClient(connection), nil
}

// readPort reads the line by which every plugin says where it listens.
func readPort(lines *bufio.Reader) (int, error) {
	line, err := lines.ReadString('\n')
	if err != nil {
		return 0, errors.New("the policy pack ended before it was ready: its own messages are above")
	}
	port, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return 0, fmt.Errorf("the policy pack printed %q where its port was expected: it must not write to "+
			"stdout while it is loaded", strings.TrimSpace(line))
	}
	return port, nil
}

// stackEnvironment is how the official host hands a pack the stack it looks at. Nil: no stack, as
// for `pulumi policy publish`.
func stackEnvironment(stack *pulumirpc.AnalyzerStackConfigureRequest) ([]string, error) {
	if stack == nil {
		return nil, nil
	}
	env := []string{"PULUMI_NODEJS_DRY_RUN=" + strconv.FormatBool(stack.GetDryRun())}
	for name, value := range map[string]string{
		"PULUMI_NODEJS_ORGANIZATION": stack.GetOrganization(),
		"PULUMI_NODEJS_PROJECT":      stack.GetProject(),
		"PULUMI_NODEJS_STACK":        stack.GetStack(),
	} {
		if value != "" {
			env = append(env, name+"="+value)
		}
	}
	if stack.GetConfig() != nil {
		text, err := json.Marshal(stack.GetConfig())
		if err != nil {
			return nil, err
		}
		env = append(env, "PULUMI_CONFIG="+string(text))
	}
	return env, nil
}

func (p *policyProxy) Handshake(
	context.Context, *pulumirpc.AnalyzerHandshakeRequest,
) (*pulumirpc.AnalyzerHandshakeResponse, error) {
	return &pulumirpc.AnalyzerHandshakeResponse{}, nil
}

func (p *policyProxy) ConfigureStack(
	ctx context.Context, req *pulumirpc.AnalyzerStackConfigureRequest,
) (*pulumirpc.AnalyzerStackConfigureResponse, error) {
	pack, err := p.client(req)
	if err != nil {
		return nil, err
	}
	return pack.ConfigureStack(ctx, req)
}

// forward passes a call on to the pack as it is.
func forward[Q, R any](
	ctx context.Context, p *policyProxy, req Q,
	call func(pulumirpc.AnalyzerClient, context.Context, Q, ...grpc.CallOption) (R, error),
) (R, error) {
	pack, err := p.client(nil)
	if err != nil {
		var none R
		return none, err
	}
	return call(pack, ctx, req)
}

func (p *policyProxy) Analyze(
	ctx context.Context, req *pulumirpc.AnalyzeRequest,
) (*pulumirpc.AnalyzeResponse, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.Analyze)
}

func (p *policyProxy) AnalyzeStack(
	ctx context.Context, req *pulumirpc.AnalyzeStackRequest,
) (*pulumirpc.AnalyzeResponse, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.AnalyzeStack)
}

func (p *policyProxy) Remediate(
	ctx context.Context, req *pulumirpc.AnalyzeRequest,
) (*pulumirpc.RemediateResponse, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.Remediate)
}

func (p *policyProxy) GetAnalyzerInfo(ctx context.Context, req *emptypb.Empty) (*pulumirpc.AnalyzerInfo, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.GetAnalyzerInfo)
}

func (p *policyProxy) GetPluginInfo(ctx context.Context, req *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.GetPluginInfo)
}

func (p *policyProxy) Configure(
	ctx context.Context, req *pulumirpc.ConfigureAnalyzerRequest,
) (*emptypb.Empty, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.Configure)
}

func (p *policyProxy) Cancel(ctx context.Context, req *emptypb.Empty) (*emptypb.Empty, error) {
	return forward(ctx, p, req, pulumirpc.AnalyzerClient.Cancel)
}
