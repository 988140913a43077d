import { isIPv4 } from "node:net";
import { z } from "zod";
import { pathOfSecret } from "../packages/quadlet";
import { certificateOf } from "./certificate";
import { dataDirectory, flag, image, memory, port, strict } from "./fields";
import { quadletKeys } from "./quadlet-keys";
import { secretName, service, type QuadletRun } from "./service";
import { urlHost } from "../topology";

export const meshUrl = z
  .string()
  .regex(
    /^(https:\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?)?$/,
    "must be a URL such as https://192.168.1.11:8444, without a path",
  );

/** `homelab:headscale`: the house's own coordination server. */
const headscaleSchema = strict({
  enabled: flag.default(false).describe("whether it runs"),
  image: image.default("docker.io/headscale/headscale:0.29.2").describe("its image, an exact tag"),
  port: port
    .default(8444)
    .describe("TCP port for members; it has TLS, and is open to anyone: who has no key cannot join"),
  stunPort: port.default(3478).describe("UDP port by which members find each other, open to anyone"),
  metricsPort: port.default(9096).describe("port of its own figures, on the node's loopback only"),
  grpcPort: port.default(50443).describe("port of its own programs, on the node's loopback only"),
  url: meshUrl
    .default("")
    .describe(
      "how members call it: `https://ADDRESS:PORT`, with an address or a name that each of them reaches; a change makes every node join anew",
    ),
  domain: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "must be a domain such as mesh.home.arpa")
    .default("mesh.home.arpa")
    .describe("domain of the members' names; no other domain may be part of its URL"),
  dataDirectory: dataDirectory
    .default("/srv/homelab/headscale")
    .describe("directory on the node that holds its database and keys"),
  memory: memory.default("256M").describe("memory that it is never given more of"),
  quadlet: quadletKeys.describe("further keys of its quadlet, by section"),
});
export type HeadscaleSettings = z.output<typeof headscaleSchema>;

/** The certificate that members are given, made of headscale's own password. */
export const headscaleCertificate = ({ url }: HeadscaleSettings, password: string): string =>
  certificateOf(password, urlHost(url)).certificate;

const secretPath = (key: string) => pathOfSecret(secretName("headscale", key));

/** The text of config.yaml. JSON is YAML. @see https://headscale.net/stable/ref/configuration/ */
function headscaleConfig(own: HeadscaleSettings): string {
  const host = own.url === "" ? "" : urlHost(own.url);
  const text = {
    server_url: own.url,
    listen_addr: `0.0.0.0:${own.port}`,
    metrics_listen_addr: `127.0.0.1:${own.metricsPort}`,
    grpc_listen_addr: `127.0.0.1:${own.grpcPort}`,
    tls_cert_path: secretPath("certificate"),
    tls_key_path: secretPath("key"),
    noise: { private_key_path: "/var/lib/headscale/noise_private.key" },
    // Each gets the next free address, so that what was lost can be given again.
    prefixes: { v4: "100.64.0.0/10", v6: "fd7a:115c:a1e0::/48", allocation: "sequential" },
    derp: {
      // Its own relay, for members with no way to each other; no machine of anybody else's.
      server: {
        enabled: true,
        region_id: 999,
        region_code: "house",
        region_name: "the house",
        verify_clients: true,
        stun_listen_addr: `0.0.0.0:${own.stunPort}`,
        private_key_path: "/var/lib/headscale/derp_private.key",
        automatically_add_embedded_derp_region: true,
        ...(isIPv4(host) ? { ipv4: host } : {}),
      },
      urls: [],
      paths: [],
      auto_update_enabled: false,
    },
    disable_check_updates: true,
    database: {
      type: "sqlite",
      // headscale does not wait for the disk when it commits, but a checkpoint does: there is one after each commit. Without, a
      // power cut takes what it acknowledged last: a node that joined, a policy.
      sqlite: { path: "/var/lib/headscale/db.sqlite", write_ahead_log: true, wal_autocheckpoint: 1 },
    },
    policy: { mode: "database" },
    dns: {
      magic_dns: true,
      base_domain: own.domain,
      override_local_dns: false,
      nameservers: { global: [] },
    },
    unix_socket: "/var/run/headscale/headscale.sock",
    logtail: { enabled: false },
    log: { level: "info", format: "text" },
  };
  return `# Written by Pulumi: changes made here are put back.\n${JSON.stringify(text, null, 2)}\n`;
}

export const headscaleRun = (own: HeadscaleSettings): QuadletRun => ({
  name: "headscale",
  description: "headscale, which coordinates the mesh",
  image: own.image,
  container: {
    user: "0:0",
    entrypoint: "/ko-app/headscale",
    exec: ["serve"],
    secrets: ["certificate", "key"].map((key) => ({ name: secretName("headscale", key), mode: "0400" })),
    mounts: [{ source: own.dataDirectory, target: "/var/lib/headscale" }],
    tmpfs: ["/var/run/headscale"],
    dropCapabilities: ["all"],
    readOnly: true,
  },
  files: [{ name: "config.yaml", content: headscaleConfig(own), at: "/etc/headscale/config.yaml" }],
  memory: own.memory,
  health: { exec: ["podman", "exec", "headscale", "headscale", "health"] },
  more: own.quadlet,
});

/** What a component of its own sets up: components/tailscale-mesh. */
export const headscale = service({
  title: "headscale",
  purpose: "coordinates the mesh, in the place of Tailscale's service",
  key: "headscale",
  on: ["storage"],
  settings: headscaleSchema,
  problems: ({ enabled, url }) =>
    enabled && url === ""
      ? [
          "homelab:headscale.url is missing: it must be how the nodes call it, such as https://192.168.1.11:8444.",
        ]
      : [],
  enabled: ({ enabled }) => enabled,
  images: ({ image }) => [image],
  ports: ({ port, stunPort }) => [
    { title: "headscale", port, key: "headscale.port", from: "anyone", carries: "mesh" },
    {
      ...{ title: "headscale STUN", port: stunPort, key: "headscale.stunPort" },
      ...{ protocol: "udp", from: "anyone", carries: "mesh" },
    },
  ],
  keeps: ({ dataDirectory }) => ({ kind: "persistent", paths: [dataDirectory], backup: "files" }),
  passwords: () => ["tls"],
  secrets: ({ url }) => {
    const of = (part: "certificate" | "key") => (given: { passwords: Readonly<Record<string, string>> }) =>
      certificateOf(given.passwords.tls ?? "", urlHost(url))[part];
    return { certificate: of("certificate"), key: of("key") };
  },
});
