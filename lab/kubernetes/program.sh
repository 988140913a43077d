#!/usr/bin/env bash
# program.sh build|path: Kubernetes in one program (main.go), from its Go modules; kept in the cache. The stand-in for K3s
# holds it, and so do the tests that need an API server and no machines: it is built once for both.
#   build   builds it when it is not there (minutes, once), and prints its path
#   path    prints its path, or ends with 1 where it was not built yet
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../lib/env.sh
. "$here/../lib/env.sh"
# shellcheck source=../lib/cache.sh
. "$here/../lib/cache.sh"

key=$(cache_key "$here/program.sh" "$here"/{go.mod,go.sum,main.go})

build() { # WORKDIR OUT
  local version package flags=
  command -v go >/dev/null || die "Go is missing: install Go 1.26 or newer (https://go.dev/dl)."
  version=$(sed -n 's/^require k8s.io\/kubernetes v//p' "$here/go.mod")
  [ -n "$version" ] || die "lab/kubernetes/go.mod names no version of k8s.io/kubernetes."
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=v$version -X $package.gitMajor=1 -X $package.gitMinor=$(cut -d. -f2 <<<"$version") -X $package.gitTreeState=clean"
  done
  cd "$here"
  CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local nice go build -mod=readonly -trimpath -buildvcs=false -ldflags "-s -w $flags" -o "$2" .
}

case ${1:-} in
  build) cached kubernetes.bin "$key" build ;;
  path)
    [ -x "$CACHE/images/kubernetes-$key.bin" ] || exit 1
    printf '%s\n' "$CACHE/images/kubernetes-$key.bin"
    ;;
  *) die "say what to do with Kubernetes' program: program.sh build or path." ;;
esac
