import * as command from "@pulumi/command";

new command.remote.Command("metrics", {
  connection: { host: "10.0.0.3", user: "root", privateKey: "none" },
  create: `set -e
install -d /etc/containers/systemd
cat >/etc/containers/systemd/metrics.container.tmp <<'UNIT'
[Container]
Image=docker.io/prom/node-exporter:v1.10.0
Volume=/srv/metrics:/data
UNIT
mv /etc/containers/systemd/metrics.container.tmp /etc/containers/systemd/metrics.container
systemctl daemon-reload && systemctl start metrics
`,
});
