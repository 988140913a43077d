package standin

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Serve answers the engine until it is stopped. The engine's address is the last argument.
func Serve(name string, resources map[string]Resource, configure func(config Map) error) {
	if err := serve(name, resources, configure); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func serve(name string, resources map[string]Resource, configure func(config Map) error) error {
	flag.String("tracing", "", "taken and not used")
	flag.Parse()
	provider, err := New(name, resources, configure)
	if err != nil {
		return err
	}
	stopped, stop := context.WithCancel(context.Background())
	defer stop()
	if engine := flag.Arg(flag.NArg() - 1); engine != "" {
		// Ends with the engine, also where that was killed.
		if err := rpcutil.Healthcheck(stopped, engine, time.Minute, stop); err != nil {
			return fmt.Errorf("engine at %s: %w", engine, err)
		}
		connection, err := grpc.NewClient(engine, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return fmt.Errorf("engine at %s: %w", engine, err)
		}
		defer connection.Close()
		client := pulumirpc.NewEngineClient(connection)
		provider.log = func(urn, line string) {
			// A line that cannot be shown must not make the operation fail.
			_, _ = client.Log(context.Background(), &pulumirpc.LogRequest{
				Severity: pulumirpc.LogSeverity_INFO, Urn: urn, Message: line, Ephemeral: true,
			})
		}
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(server *grpc.Server) error {
		pulumirpc.RegisterResourceProviderServer(server, plugin.NewProviderServer(provider))
		return nil
	}})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port) // The engine waits for this line.
	select {
	case <-stopped.Done():
		return nil
	case err := <-handle.Done:
		return err
	}
}
