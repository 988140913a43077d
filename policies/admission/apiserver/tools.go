//go:build tools

// Package apiserver pins what the admission tests run: Kubernetes' API server and the store behind it.
package apiserver

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
