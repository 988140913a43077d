//go:build tools

// Pins Helm, for the tests that have it put something into the lab's cluster. Packages that lab/kubernetes needs too are of
// the same versions, so that they are compiled once.
package tools

import _ "helm.sh/helm/v3/cmd/helm"
