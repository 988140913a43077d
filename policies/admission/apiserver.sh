#!/usr/bin/env bash
# A real Kubernetes API server with its store, for the tests of the admission policies and of the Kubernetes
# plugin's stand-in; built from Go modules, kept in the cache.
#
#   apiserver.sh build   builds it when it is not there (10 to 30 minutes, once), and prints its folder
#   apiserver.sh path    prints the folder, or ends with 1 where it was not built yet
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/apiserver" && pwd)
root=${XDG_CACHE_HOME:-$HOME/.cache}/homelab/apiserver
final=$root/$(cat "$here/go.mod" "$here/go.sum" "$here/tools.go" | sha256sum | cut -c1-16)

case ${1:-} in
  path) ;;
  build)
    if [ ! -x "$final/kube-apiserver" ]; then
      command -v go >/dev/null || { echo 'Go is missing: install Go 1.26 or newer (https://go.dev/dl).' >&2 && exit 1; }
      mkdir -p "$root"
      part=$(mktemp -d "$final.XXXXXX")
      trap 'rm -rf "$part"' EXIT
      (cd "$here" && CGO_ENABLED=0 GOFLAGS=-mod=readonly GOTOOLCHAIN=local nice go build -trimpath -ldflags '-s -w' \
        -o "$part/" k8s.io/kubernetes/cmd/kube-apiserver go.etcd.io/etcd/server/v3)
      chmod 755 "$part"
      mv -T "$part" "$final" 2>/dev/null || [ -x "$final/kube-apiserver" ]
    fi
    ;;
  *)
    echo "apiserver.sh build|path" >&2
    exit 2
    ;;
esac
[ -x "$final/kube-apiserver" ] || exit 1
printf '%s\n' "$final"
