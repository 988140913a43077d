// Flannel as K3s has it: its parts for Kubernetes and for VXLAN, and not its own program, which holds the networks of a dozen
// clouds as well. The node's name is in NODE_NAME.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/flannel-io/flannel/pkg/backend"
	_ "github.com/flannel-io/flannel/pkg/backend/vxlan"
	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/subnet/kube"
)

const usage = "flannel NETWORK-FILE KUBECONFIG INTERFACE SUBNET-FILE"

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err := flannel(ctx, os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func flannel(ctx context.Context, network, kubeconfig, name, subnet string) error {
	device, err := net.InterfaceByName(name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	addresses, err := ip.GetInterfaceIP4Addrs(device)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	own := addresses[0]
	subnets, err := kube.NewSubnetManager(ctx, "", kubeconfig, "flannel.alpha.coreos.com", network, false)
	if err != nil {
		return err
	}
	config, err := subnets.GetNetworkConfig(ctx)
	if err != nil {
		return err
	}
	external := &backend.ExternalInterface{Iface: device, IfaceName: name, IfaceAddr: own, ExtAddr: own}
	vxlan, err := backend.NewManager(ctx, subnets, external).GetBackend(config.BackendType)
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	running, err := vxlan.RegisterNetwork(ctx, &group, config)
	if err != nil {
		return err
	}
	lease := running.Lease()
	if err := subnets.HandleSubnetFile(subnet, config, false, lease.Subnet, lease.IPv6Subnet, running.MTU()); err != nil {
		return err
	}
	running.Run(ctx)
	group.Wait()
	return nil
}
