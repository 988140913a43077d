#!/bin/bash
# A stand-in for K3s' program that is a script: it does what the unit, the scripts beside it and the provider look at, and
# nothing else. Its own first lines say, as VERSION and FAULT, which release it is and why it cannot start.
set -euo pipefail
case ${1:-} in
--version) echo "k3s version $VERSION" ;;
kubectl) # …get node NODE: its condition. The server that runs is asked, as K3s' own would be.
  curl -fsS --max-time 2 http://127.0.0.1:10248/ready
  ;;
server)
  [ -z "$FAULT" ] || { echo "$FAULT" >&2 && exit 1; }
  data=$(sed -n 's/^data-dir: //p' "$3")
  tls=$data/server/tls
  mkdir -p "$tls" /etc/rancher/k3s
  umask 077
  # What K3s makes at the first start of a cluster and keeps.
  [ -s "$tls/server-ca.crt" ] || head -c 24 /dev/urandom | base64 >"$tls/server-ca.crt"
  [ -s "$data/server/token" ] || printf 'K10%s::server:%s\n' "$(sha256sum <"$tls/server-ca.crt" | cut -d' ' -f1)" "$RANDOM$RANDOM" >"$data/server/token"
  printf 'K10%s::node:%s\n' "$(sha256sum <"$tls/server-ca.crt" | cut -d' ' -f1)" "$(cat "$(sed -n 's/^agent-token-file: //p' "$3")")" \
    >"$data/server/agent-token"
  # And what it writes at every start.
  printf '%s\n' 'apiVersion: v1' 'clusters:' \
    "  - { name: default, cluster: { server: 'https://127.0.0.1:6443', certificate-authority-data: $(base64 -w0 "$tls/server-ca.crt") } }" \
    >/etc/rancher/k3s/k3s.yaml
  echo "$VERSION" >>"$data/starts"
  # A pod, as containerd's shim holds it: not a part of the service, for it outlives a restart.
  if ! pgrep -f -- '-address /run/k3s/containerd/containerd[.]sock' >/dev/null; then
    setsid bash -c 'sleep 3600 & wait' shim -address /run/k3s/containerd/containerd.sock </dev/null >/dev/null 2>&1 &
  fi
  exec python3 - <<'P'
import http.server, subprocess

class Kubelet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"True" if self.path == "/ready" else b"ok")

    def log_message(self, *args):
        pass

class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = True

server = Server(("127.0.0.1", 10248), Kubelet)
subprocess.run(["systemd-notify", "--ready"], check=True)
server.serve_forever()
P
  ;;
*) exit 2 ;;
esac
