#!/usr/bin/env bash
# The pinned Pulumi toolchain: CLI, Node.js language host and plugins, official wherever they can be
# had, else built from Go modules and this folder. See README.md.
#
#   toolchain.sh ensure   makes it ready; quick when it is. What was chosen is looked at again each time, and once a day
#                         whether official parts can be downloaded by now that could not be
#   toolchain.sh env      ... and prints the lines a shell needs to use it: eval "$(plugins/toolchain.sh env)"
#   toolchain.sh report   ... and prints a line for each part: PART, KIND, VERSION, PATH, WHY; tab-separated
#
# HOMELAB_TOOLCHAIN=stand-in leaves official downloads out; =official takes nothing else.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
wanted=${HOMELAB_TOOLCHAIN:-any}
root=${XDG_CACHE_HOME:-$HOME/.cache}/homelab/toolchain
user_home=${PULUMI_CREDENTIALS_PATH:-${PULUMI_HOME:-$HOME/.pulumi}}
downloads=https://get.pulumi.com
plugins=(command random minio kubernetes)

# Each version stands in one place: the CLI's in toolchain/go.mod, a plugin's in its schema.
cli_version() { sed -n 's|^.*github.com/pulumi/pulumi/pkg/v3 v\([^ ]*\).*|\1|p' "$here/toolchain/go.mod"; }
plugin_version() { sed -n 's|^  "version": "\(.*\)".*|\1|p' "$here/schemas/$1.json"; }

say() { printf 'toolchain: %s\n' "$*" >&2; }
fail() { say "$*" && exit 1; }

# What the result is made from: the sources, the machine's kind, and what was asked for.
key() {
  (
    cd "$here"
    find toolchain.sh go.mod go.sum toolchain schemas standin cmd -type f ! -name '*_test.go' ! -name '*.test.ts' -print0 |
      LC_ALL=C sort -z | xargs -0 sha256sum
    uname -sm
    printf '%s\n' "$wanted"
  ) | sha256sum | cut -c1-16
}

# timed WHAT COMMAND...: says what is being done and how long it took.
timed() {
  local what=$1 start=$SECONDS
  shift
  say "$what ..."
  "$@" || return
  say "$what: done in $((SECONDS - start)) s"
}

# note PART KIND VERSION PATH WHY: PATH is relative to the result.
note() { printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$part/report"; }

# Asked once a run: a site that cannot be reached is not waited for again.
reachable() {
  if [ -z "${reached:-}" ]; then
    reached=no
    if command -v curl >/dev/null && curl -sS -o /dev/null --connect-timeout 5 --max-time 15 -I "$downloads" 2>/dev/null; then
      reached=yes
    fi
  fi
  [ "$reached" = yes ]
}

arch() {
  case $(uname -m) in
    x86_64) echo x64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) fail "Pulumi has no download for a $(uname -m) machine" ;;
  esac
}

# An installed CLI of the pinned version that is not one of ours, with its language host beside it.
installed_cli() {
  local candidate
  while IFS= read -r candidate; do
    candidate=$(readlink -f "$candidate")
    case $candidate in "$root"/*) continue ;; esac
    if [ -x "$(dirname "$candidate")/pulumi-language-nodejs" ] &&
      [ "$("$candidate" version 2>/dev/null)" = "v$(cli_version)" ]; then
      printf '%s\n' "$candidate"
      return
    fi
  done < <(type -ap pulumi)
  return 1
}

# What tells a file from one that was put in its place.
seen() { stat -Lc '%n %s %Y %i' -- "$@" 2>/dev/null || true; }

# Says why the parts in $final are not, or not any more, what would be chosen now; fails while they are.
outdated() {
  local name kind version path why standing=no found
  while IFS=$'\t' read -r name kind version path why; do
    if [ ! -x "$final/$path" ]; then
      printf '%s is gone (%s)\n' "$name" "$why"
      return
    fi
    [ "$kind" = official ] || standing=yes
    if [ "$kind" != stand-in ] || [ "$wanted" = stand-in ] || [ "$name" = language-nodejs ]; then continue; fi
    if plugin_is_installed "$name" "$version"; then
      printf 'the official plugin %s is in %s by now\n' "$name" "$user_home"
      return
    fi
  done <"$final/report"
  if [ -e "$final/installed" ] && [ "$(seen "$final/bin/pulumi" "$final/bin/pulumi-language-nodejs")" != "$(cat "$final/installed")" ]; then
    echo 'the installed Pulumi was replaced'
    return
  fi
  if [ "$standing" = no ] || [ "$wanted" = stand-in ]; then return 1; fi
  if grep -q $'^cli\tbuilt\t' "$final/report" && found=$(installed_cli); then
    printf 'Pulumi %s is installed at %s by now\n' "$(cli_version)" "$found"
    return
  fi
  # A site that cannot be reached takes seconds.
  if [ -n "$(find "$final/asked" -mmin -1440 2>/dev/null)" ]; then return 1; fi
  touch "$final/asked"
  reachable || return 1
  printf '%s can be reached by now\n' "$downloads"
}

download_cli() {
  local url
  url=$downloads/releases/sdk/pulumi-v$(cli_version)-linux-$(arch).tar.gz || return
  mkdir "$part/download" &&
    curl -fsSL --connect-timeout 5 --max-time 900 "$url" | tar -xz -C "$part/download" --strip-components=1 &&
    [ "$("$part/download/pulumi" version)" = "v$(cli_version)" ] &&
    rmdir "$part/bin" && mv "$part/download" "$part/bin"
}

official_cli() {
  local found from
  [ "$wanted" != stand-in ] || return 1
  if found=$(installed_cli); then
    from=$(dirname "$found")
    ln -s "$found" "$part/bin/pulumi"
    ln -s "$from/pulumi-language-nodejs" "$part/bin/pulumi-language-nodejs"
    # Under the names that they have in the end.
    (cd "$part" && seen bin/pulumi bin/pulumi-language-nodejs) | sed "s|^|$final/|" >"$part/installed"
    note cli official "$(cli_version)" bin/pulumi "installed at $found"
    note language-nodejs official "$(cli_version)" bin/pulumi-language-nodejs "installed beside the CLI"
    return
  fi
  reachable && timed "downloading the Pulumi CLI $(cli_version)" download_cli || return 1
  note cli official "$(cli_version)" bin/pulumi "downloaded from $downloads"
  note language-nodejs official "$(cli_version)" bin/pulumi-language-nodejs "downloaded with the CLI"
}

install_plugin() { # NAME VERSION
  PULUMI_HOME=$part/home PULUMI_SKIP_UPDATE_CHECK=true \
    timeout 600 "$part/bin/pulumi" plugin install resource "$1" "v$2" >&2
}

plugin_is_installed() { # NAME VERSION
  local folder=$user_home/plugins/resource-$1-v$2
  [ -x "$folder/pulumi-resource-$1" ] && [ ! -e "$folder.partial" ]
}

official_plugin() { # NAME
  local version folder
  version=$(plugin_version "$1")
  folder=plugins/resource-$1-v$version
  [ "$wanted" != stand-in ] || return 1
  if plugin_is_installed "$1" "$version"; then
    cp -r "$user_home/$folder" "$part/home/$folder"
    note "$1" official "$version" "home/$folder/pulumi-resource-$1" "copied from $user_home"
    return
  fi
  [ -x "$part/bin/pulumi" ] && reachable &&
    timed "downloading the plugin $1 $version" install_plugin "$1" "$version" || return 1
  note "$1" official "$version" "home/$folder/pulumi-resource-$1" "downloaded by Pulumi"
}

need_go() {
  local found
  found=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || found=
  if [ -z "$found" ] || [ "$(printf '%s\n' go1.26 "$found" | sort -V | head -n 1)" != go1.26 ]; then
    fail "$downloads cannot be reached${found:+ and Go here is $found}: install Go 1.26 or newer (https://go.dev/dl)," \
      "from which the rest can be built."
  fi
}

# Static and without paths, so that the same sources give the same files.
go_build() { # FOLDER ARGUMENTS...
  local folder=$1
  shift
  (cd "$here/$folder" && CGO_ENABLED=0 GOFLAGS=-mod=readonly GOTOOLCHAIN=local go build -trimpath "$@")
}

build_cli() {
  go_build toolchain -o "$part/bin/pulumi" \
    -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$(cli_version)" \
    github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
}

build_stand_ins() { # NAMES...
  local commands=("${@/#/./cmd/pulumi-}")
  mkdir -p "$part/built"
  go_build . -o "$part/built/" -ldflags '-s -w' "${commands[@]}"
}

make_all() {
  local missing=() cli=official name version folder why="$downloads cannot be reached"
  [ "$wanted" != stand-in ] || why="HOMELAB_TOOLCHAIN=stand-in"
  official_cli || { cli=built && missing+=(language-nodejs); }
  for name in "${plugins[@]}"; do official_plugin "$name" || missing+=("resource-$name"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$wanted" != official ] || fail "HOMELAB_TOOLCHAIN=official, and $why"
  need_go
  # The CLI's packages are the stand-ins' too, and go first: building both at once would compile them twice.
  if [ "$cli" = built ]; then
    timed "building the Pulumi CLI $(cli_version) from its Go module (minutes, once)" build_cli
    note cli built "$(cli_version)" bin/pulumi "$why: built from github.com/pulumi/pulumi/pkg/v3"
  fi
  timed "building stand-ins for ${missing[*]}" build_stand_ins "${missing[@]}"
  for name in "${missing[@]}"; do
    if [ "$name" = language-nodejs ]; then
      mv "$part/built/pulumi-$name" "$part/bin/"
      note "$name" stand-in "$(cli_version)" "bin/pulumi-$name" "$why"
    else
      name=${name#resource-} version=$(plugin_version "${name#resource-}")
      folder=home/plugins/resource-$name-v$version
      mkdir -p "$part/$folder"
      mv "$part/built/pulumi-resource-$name" "$part/$folder/"
      note "$name" stand-in "$version" "$folder/pulumi-resource-$name" "$why"
    fi
  done
  rmdir "$part/built"
}

ensure() {
  local why='' was
  final=$root/$(key)
  was=$(stat -c %i -- "$final" 2>/dev/null || true)
  if [ -e "$final/report" ] && ! why=$(outdated); then
    touch "$final"
    return
  fi
  command -v flock >/dev/null || fail "flock is missing: install util-linux"
  mkdir -p "$root/lock" "$root/workspaces"
  exec 9>"$root/lock/$(basename "$final")"
  flock 9 # A second run waits here for the first, and then finds its work done.
  if [ ! -e "$final/report" ] || [ "$(stat -c %i -- "$final")" = "$was" ]; then
    if [ -n "$why" ]; then say "chosen again: $why"; fi
    part=$final.part
    rm -rf "$part"
    mkdir -p "$part/bin" "$part/home/plugins"
    # The selected stacks outlive a toolchain.
    ln -s "$root/workspaces" "$part/home/workspaces"
    make_all
    touch "$part/asked"
    # Whoever runs with the former one goes on with it.
    if [ -e "$final" ]; then mv "$final" "$(mktemp -u "$final.former-XXXXXX")"; fi
    mv "$part" "$final"
    # Those of other checkouts and of older sources go when nobody has used them for a fortnight.
    find "$root" -mindepth 1 -maxdepth 1 -type d -name '????????????????*' -mtime +14 -exec rm -rf {} +
    say "ready: $final"
  fi
  exec 9>&-
}

case ${1:-} in
  ensure) ensure ;;
  env)
    ensure
    # shellcheck disable=SC2016 # $PATH is for the shell that reads these lines
    printf 'export PATH=%q:"$PATH"\n' "$final/bin"
    printf 'export PULUMI_HOME=%q\n' "$final/home"
    # Logins stay where they are: a toolchain comes and goes.
    printf 'export PULUMI_CREDENTIALS_PATH=%q\n' "$user_home"
    printf 'export PULUMI_SKIP_UPDATE_CHECK=true\n'
    ;;
  report)
    ensure
    while IFS=$'\t' read -r name kind version path why; do
      printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$kind" "$version" "$final/$path" "$why"
    done <"$final/report"
    ;;
  *)
    echo "usage: $0 ensure | env | report" >&2
    exit 2
    ;;
esac
