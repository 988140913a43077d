# shellcheck shell=bash
# project.sh: what this project itself needs of the computer: Node.js packages and the Pulumi toolchain.

# node_modules are those of package-lock.json. A marker says for which; without one (somebody ran npm themselves)
# npm's own note counts when it is no older than the lock file by more than a minute.
node_modules_ready() {
  local modules=$PROJECT/node_modules lock=$PROJECT/package-lock.json hash
  hash=$(sha256sum <"$lock" | cut -c1-16)
  [ -e "$modules/.package-lock.json" ] || return 1
  [ "$(cat "$modules/.homelab" 2>/dev/null)" != "$hash" ] || return 0
  [ ! -e "$modules/.homelab" ] || [ "$modules/.package-lock.json" -nt "$modules/.homelab" ] || return 1
  [ $(($(stat -c %Y "$lock") - $(stat -c %Y "$modules/.package-lock.json"))) -lt 60 ] || return 1
  printf '%s\n' "$hash" >"$modules/.homelab"
}

node_modules_ensure() {
  ! node_modules_ready || return 0
  (cd "$PROJECT" && npm ci --no-progress) || return 1
  sha256sum <"$PROJECT/package-lock.json" | cut -c1-16 >"$PROJECT/node_modules/.homelab"
}

node_version_ok() {
  local version major minor
  version=$(node --version 2>/dev/null) || return 1
  IFS=. read -r major minor _ <<<"${version#v}"
  [ "$major" -gt 20 ] || { [ "$major" = 20 ] && [ "$minor" -ge 19 ]; }
}

# need_node: the one thing the lab does not bring along itself.
need_node() {
  node_version_ok && command -v npm >/dev/null && return 0
  die "Node.js 20.19 or newer with npm is needed (found: $(node --version 2>/dev/null || echo none)): see https://nodejs.org/en/download."
}

go_version_ok() {
  local version
  version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
  [ "$(printf '%s\n' go1.26 "$version" | sort -V | head -n 1)" = go1.26 ]
}

# need_go: only where something is still to be built with it.
need_go() {
  go_version_ok && return 0
  die "Go 1.26 or newer is needed to build what the lab has no packages of, once (found: $(go version 2>/dev/null || echo none)): see https://go.dev/dl."
}

toolchain_ensure() { "$PROJECT/packages/plugins/toolchain.sh" ensure; }
