# shellcheck shell=bash
# tools.sh: how each tool is set up and called: apply_TOOL, again_TOOL, preview_TOOL; and unchanged_TOOL LOG, which is
# true for the log of a run that found nothing to do.

# shellcheck disable=SC2034 # for run
TOOLS=(floor homelab pyinfra ansible)

# venv NAME: a Python environment with the pinned packages of lab/bench/NODE/requirements.txt, kept in the cache.
venv() {
  local pins=$BENCH/$1/requirements.txt dir
  dir=$CACHE/bench-$1-$(sha256sum <"$pins" | cut -c1-16)
  if [ ! -e "$dir/ready" ]; then
    say "Installing $1 into the cache ..."
    rm -rf "$dir"
    python3 -m venv "$dir"
    "$dir/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$pins"
    touch "$dir/ready"
  fi
  printf '%s\n' "$dir"
}

# lab_in CMD…: inside the lab's network; the lab's lock is not handed down to what stays behind (ssh's masters).
lab_in() { (in_netns "$@") 9>&-; }

tools_ensure() {
  command -v python3 >/dev/null || die "Ansible and pyinfra need Python 3.11 or later: install python3 and python3-venv."
  ANSIBLE=$(venv ansible)
  PYINFRA=$(venv pyinfra)
  printf '[machines]\nstorage ansible_host=%s ansible_user=root ansible_python_interpreter=/usr/bin/python3' \
    "${ADDRESS[storage]}" >"$WORK/hosts.ini"
  printf ' ansible_ssh_common_args="-F %s"\n' "$STATE/ssh_config" >>"$WORK/hosts.ini"
  {
    printf 'hosts = [("storage", {"ssh_hostname": "%s", "ssh_user": "root", "ssh_key": "%s",\n' \
      "${ADDRESS[storage]}" "$STATE/id_lab"
    printf '  "ssh_known_hosts_file": "%s", "ssh_strict_host_key_checking": "yes", "rendered": "%s"})]\n' \
      "$STATE/known_hosts" "$WORK/rendered"
  } >"$WORK/inventory.py"
}

# --- a plain script over one ssh
apply_floor() { lab_in ssh -F "$STATE/ssh_config" storage bash -s <"$WORK/rendered/floor.sh"; }

# --- this project; a stack and a state of its own, so that the lab's are not touched
homelab_ensure() {
  pulumi_environment
  export PULUMI_BACKEND_URL="file://${WORK// /%20}/backend"
}

# homelab_new: an empty stack, as `pulumi stack init` makes it.
homelab_new() {
  rm -rf "$WORK/backend" "$WORK/stack"
  mkdir -p "$WORK/backend" "$WORK/stack"
  printf 'name: homelab\nruntime: nodejs\n' >"$WORK/stack/Pulumi.yaml"
  pulumi -C "$WORK/stack" stack init storage --no-select >/dev/null
  { grep '^encryptionsalt:' "$WORK/stack/Pulumi.storage.yaml" || true; cat "$CONFIGURATION"; } >"$WORK/Pulumi.storage.yaml"
}

homelab_pulumi() {
  (cd "$PROJECT" && in_netns pulumi "$@" --stack storage --config-file "$WORK/Pulumi.storage.yaml" --color never) 9>&-
}
apply_homelab() { homelab_pulumi up --yes --skip-preview; }
again_homelab() { homelab_pulumi up --yes --skip-preview --expect-no-changes; }
preview_homelab() { homelab_pulumi preview --expect-no-changes; }
# Said as they are by default: a preview, then the update.
again_homelab_as_typed() { homelab_pulumi up --yes --expect-no-changes; }
again_homelab_policies() { homelab_pulumi up --yes --skip-preview --expect-no-changes --policy-pack "$PROJECT/policies"; }
unchanged_homelab() { grep -qE '[0-9]+ unchanged' "$1"; }

# --- pyinfra
pyinfra_run() { (cd "$BENCH/pyinfra" && in_netns "$PYINFRA/bin/pyinfra" "$@" "$WORK/inventory.py" deploy.py) 9>&-; }
# -y goes without asking, and without looking for changes first.
apply_pyinfra() { pyinfra_run -y; }
again_pyinfra() { pyinfra_run -y; }
preview_pyinfra() { pyinfra_run --dry; }
# A run ends with a grand total; a preview has a column of changes beside one of what depends on others.
unchanged_pyinfra() {
  grep -qE '^ +Grand total +[0-9]+ +- ' "$1" ||
    { grep -q 'Detected changes:' "$1" && ! grep -qE ' [0-9]+ \([a-z]+\) +(-|[0-9])' "$1"; }
}

# --- Ansible; its shared ssh connection lives for a minute after a run, so each run gets a place of its own for it
ansible_run() {
  local control
  control=$(mktemp -d /tmp/bench.XXXXXX)
  CONTROLS+=("$control")
  (
    cd "$BENCH/ansible" || exit 1
    export ANSIBLE_CONFIG=$BENCH/ansible/ansible.cfg ANSIBLE_SSH_CONTROL_PATH_DIR=$control ANSIBLE_NOCOLOR=1
    export ANSIBLE_HOME=$WORK/ansible
    in_netns "$ANSIBLE/bin/ansible-playbook" -i "$WORK/hosts.ini" -e "@$WORK/rendered/vars.json" \
      -e "rendered=$WORK/rendered" "$@" site.yml
  ) 9>&-
}
apply_ansible() { ansible_run; }
again_ansible() { ansible_run; }
preview_ansible() { ansible_run --check; }
unchanged_ansible() { grep -qE 'changed=0 .*unreachable=0 .*failed=0' "$1"; }
