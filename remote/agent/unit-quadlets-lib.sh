#!/bin/bash
# What podman says of a unit's quadlets before they are put in place. Put in the place of unit-apply.sh's `source` line.
# shellcheck disable=SC2154 # service, stage and paths are the script's
copied_file() { # FILE TO: one that vanishes is none; one that another took the place of meanwhile is copied then
  local said tries
  for tries in {1..20}; do
    if said=$(cp -P -- "$1" "$2/" 2>&1) || [ ! -e "$1" ]; then return; fi
  done
  fail 21 "$1 could not be copied, tried $tries times: ${said##*: }"
}
copied() { # DIRECTORY TO: its files. Others put theirs in place meanwhile, so what an attempt left (hidden) and what vanishes is none.
  local each
  mkdir -p -- "$2"
  for each in "$1"/*; do
    if [ -d "$each" ] && [ ! -L "$each" ]; then
      copied "$each" "$2/${each##*/}"
    elif [ -e "$each" ]; then
      copied_file "$each" "$2"
    fi
  done
}
verify_quadlets() { # The generator drops a unit with an unknown key and may exit 0: its words decide.
  local i said generator=/usr/lib/systemd/system-generators/podman-system-generator names=()
  copied /etc/containers/systemd "$stage/quadlets"
  for i in "${!paths[@]}"; do
    case ${paths[i]} in /etc/containers/systemd/*)
      rm -rf -- "$stage/quadlets/${paths[i]##*/}"
      cp "$stage/$i" "$stage/quadlets/${paths[i]##*/}" && names+=(-e "[\"/]${paths[i]##*/}\"")
      ;;
    esac
  done
  [ ${#names[@]} -gt 0 ] || return 0
  [ -x "$generator" ] || fail 21 "podman on this node has no quadlet generator: install podman 4.4 or later."
  # It reads all quadlets, for one may name another, and complains of any: what is wrong with one of somebody else does
  # not count, unless this one is not made for it.
  said=$(QUADLET_UNIT_DIRS=$stage/quadlets "$generator" --dryrun 2>&1 >"$stage/generated" || true)
  said=$(grep -iE 'unsupported|error|invalid|unknown|convert' <<<"$said" || true)
  ! grep -q "${names[@]}" <<<"$said" || fail 21 "The quadlet of $service is not valid: $(grep "${names[@]}" <<<"$said")"
  # What a timer starts, where that is what is switched on.
  local made=$service
  case $made in *.timer) made=${made%.timer}.service ;; esac
  grep -qxF -- "---${made}---" "$stage/generated" || fail 21 "podman makes no unit $made of its quadlet. ${said//$stage\/quadlets/\/etc\/containers\/systemd}"
}
