package standin

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"homelab/plugins/parent"
)

// How long what is under way may take to end when the engine is gone.
const patience = 2 * time.Second

// Logger shows lines beside a resource. A line that cannot be shown makes no operation fail.
type Logger struct{ engine pulumirpc.EngineClient }

func (l Logger) show(severity pulumirpc.LogSeverity, urn resource.URN, line string, ephemeral bool) {
	if l.engine != nil {
		_, _ = l.engine.Log(context.Background(), &pulumirpc.LogRequest{
			Severity: severity, Urn: string(urn), Message: line, Ephemeral: ephemeral,
		})
	}
}

// Status shows a line while the resource is worked on.
func (l Logger) Status(urn resource.URN, line string) {
	l.show(pulumirpc.LogSeverity_INFO, urn, line, true)
}

// Warn shows a warning that stays.
func (l Logger) Warn(urn resource.URN, line string) {
	l.show(pulumirpc.LogSeverity_WARNING, urn, line, false)
}

// Serve answers the engine until it is stopped, with a provider made from a schema and effects.
func Serve(name string, resources map[string]Resource, configure func(config Map) error) {
	ServeProvider(name, func(log Logger) (plugin.Provider, error) {
		provider, err := New(name, resources, configure)
		if err != nil {
			return nil, err
		}
		provider.log = log
		return provider, nil
	})
}

// ServeProvider answers the engine until it is stopped. The engine's address is the last argument.
func ServeProvider(name string, provider func(log Logger) (plugin.Provider, error)) {
	if err := serve(provider); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func serve(makeProvider func(log Logger) (plugin.Provider, error)) error {
	flag.String("tracing", "", "taken and not used")
	flag.Parse()
	stopped, stop := context.WithCancel(context.Background())
	defer stop()
	parent.Watch(stopped, stop) // Ends with the engine, also where that was killed.
	var log Logger
	if engine := flag.Arg(flag.NArg() - 1); engine != "" {
		// Or where it is not the engine who started this.
		if err := rpcutil.Healthcheck(stopped, engine, time.Minute, stop); err != nil {
			return fmt.Errorf("engine at %s: %w", engine, err)
		}
		connection, err := grpc.NewClient(engine, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return fmt.Errorf("engine at %s: %w", engine, err)
		}
		defer connection.Close()
		log.engine = pulumirpc.NewEngineClient(connection)
	}
	provider, err := makeProvider(log)
	if err != nil {
		return err
	}
	cancel := make(chan bool)
	go func() {
		<-stopped.Done()
		close(cancel)
	}()
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Cancel: cancel, Init: func(server *grpc.Server) error {
		pulumirpc.RegisterResourceProviderServer(server, detailed{plugin.NewProviderServer(provider)})
		return nil
	}})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port) // The engine waits for this line.
	select {
	case <-stopped.Done():
		// What is under way sees that nobody waits for it any more; whatever does not is not waited for long.
		select {
		case <-handle.Done:
		case <-time.After(patience):
		}
		return nil
	case err := <-handle.Done:
		return err
	}
}

// detailed says of a detailed diff that it is there: the SDK's own server leaves that out, and the engine then
// looks at none of it.
type detailed struct {
	pulumirpc.ResourceProviderServer
}

func (d detailed) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	response, err := d.ResourceProviderServer.Diff(ctx, req)
	if response != nil {
		response.HasDetailedDiff = len(response.DetailedDiff) > 0
	}
	return response, err
}
