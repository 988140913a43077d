//go:build tools

// Pins kwok, which plays nodes and their pods, for the bench of many workloads.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"
