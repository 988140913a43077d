// Command pulumi-language-nodejs stands in for Pulumi's own Node.js language host: it runs programs,
// policy packs and plugins that are written for Node.js, through the runners in @pulumi/pulumi.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"homelab/plugins/parent"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-language-nodejs: %v\n", err)
		os.Exit(1)
	}
}

func serve() error {
	// The engine passes what the official host knows; what has no use here is taken and left aside.
	for _, name := range []string{"tracing", "root", "otel-endpoint", "binary", "runtime"} {
		flag.String(name, "", "taken and not used")
	}
	flag.Parse()

	stopped, stop := context.WithCancel(context.Background())
	host := &host{engine: flag.Arg(0), stopped: stopped, stop: stop}
	parent.Watch(stopped, stop) // Ends with the engine, also where that was killed,
	if host.engine != "" {      // or where it is not the engine who started this.
		if err := rpcutil.Healthcheck(stopped, host.engine, time.Minute, stop); err != nil {
			return fmt.Errorf("engine at %s: %w", host.engine, err)
		}
	}
	cancel := make(chan bool)
	go func() {
		<-stopped.Done()
		close(cancel)
	}()
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, host)
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port) // The engine waits for this line.
	return <-handle.Done
}
