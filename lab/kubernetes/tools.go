//go:build tools

// Pins what is built beside the parts in main.go.
package main

import _ "github.com/rancher/local-path-provisioner"
