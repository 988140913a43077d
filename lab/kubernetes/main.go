// Kubernetes as upstream makes it, with the store and the DNS server that it needs, in one program: its first argument
// (or the name under which it was started) says which part to be. Parts that take the same packages share them, so one
// program is a third of the size of eight.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/reload"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

const usage = "lab-kubernetes etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubelet|kube-proxy|kubectl|coredns ARGS…"

func main() {
	command, ok := part(filepath.Base(os.Args[0]))
	if !ok && len(os.Args) > 1 {
		os.Args = os.Args[1:]
		command, ok = part(os.Args[0])
	}
	if !ok {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	command()
}

func part(name string) (func(), bool) {
	run := func(command *cobra.Command) func() { return func() { os.Exit(cli.Run(command)) } }
	switch name {
	case "etcd":
		return func() { etcdmain.Main(os.Args) }, true
	case "coredns":
		return coremain.Run, true
	case "kube-apiserver":
		return run(apiserver.NewAPIServerCommand()), true
	case "kube-controller-manager":
		return run(controllers.NewControllerManagerCommand()), true
	case "kube-scheduler":
		return run(scheduler.NewSchedulerCommand()), true
	case "kube-proxy":
		return run(proxy.NewProxyCommand()), true
	case "kubelet":
		return run(kubelet.NewKubeletCommand(context.Background())), true
	case "kubectl":
		return kubectlMain, true
	}
	return nil, false
}

func kubectlMain() {
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
