# shellcheck shell=bash
# tools.sh: programs that only tests and benches need, built from their Go modules at their first use.

# go_tool NAME FOLDER PACKAGE: prints the path of the program that the module in FOLDER pins.
go_tool() {
  cached "$1.bin" "$(cache_key "$2/go.mod" "$2/go.sum")" go_tool_build "$2" "$3"
}

# The path of Helm's program, for lab/helm and its tests.
helm_program() { go_tool helm "$LAB/tools/helm" helm.sh/helm/v3/cmd/helm; }

go_tool_build() { # FOLDER PACKAGE WORKDIR OUT
  need_go
  cd "$1" || return 1
  CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local nice go build -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w' -o "$4" "$2"
}
