import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { parse, valueOf, valuesOf } from "../../packages/quadlet";
import { unitSchema } from "../../remote/unit/spec";
import { releaseSchema } from "../../remote/release";
import { k3sAgentSchema, k3sServerSchema } from "../../services";
import type { Node } from "../../topology";
import { alwaysOn, declared, named, secret } from "../testing";
import { K3sAgent, K3sServer } from ".";

const compute: Node<"on-demand"> = {
  ...alwaysOn("desktop"),
  name: "compute",
  address: "10.0.0.3",
  lifecycle: "on-demand",
};
const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{ name: default, cluster: { server: "https://127.0.0.1:6443", certificate-authority-data: QUJD } }]
users: [{ name: default, user: { client-key-data: THE-KEY } }]
`;
const outputs = {
  "homelab:remote:Release": { sums: { k3s: "abc" } },
  "homelab:remote:SecretFile": { content: kubeconfig, fingerprint: "f" },
  "homelab:remote:Unit": { hash: "h" },
};

let server: K3sServer | undefined;
const runServer = (settings: object = {}, node: Node<"always-on"> = alwaysOn()) =>
  declared(() => {
    server = new K3sServer("k3s", {
      node,
      settings: k3sServerSchema.parse({ enabled: true, ...settings }),
      agents: ["desktop", "compute"],
      sshIdentity: undefined,
    });
  }, outputs);
const runAgent = (node: Node, settings: object = {}, serverByMesh?: string) =>
  declared(
    () =>
      new K3sAgent("k3s", {
        node,
        settings: k3sAgentSchema.parse({ enabled: true, ...settings }),
        server: "https://10.0.0.1:6443",
        serverByMesh,
        identifier: "homelab-0123",
        token: pulumi.secret("K10abc::node:JOIN"),
        password: pulumi.secret("PASSWORD"),
        sshIdentity: undefined,
      }),
    outputs,
  );

interface File {
  path: string;
  content: string;
  mode?: string;
  onChange?: string;
}
function file(all: Awaited<ReturnType<typeof declared>>, path: string): File {
  const { files } = named(all, "k3s-unit").inputs as { files: File[] };
  const found = files.find((each) => each.path === path);
  if (found === undefined) throw new Error(`no ${path} among ${files.map((each) => each.path).join(", ")}`);
  return found;
}
const config = (all: Awaited<ReturnType<typeof declared>>) =>
  parseYaml(file(all, "/etc/rancher/k3s/config.yaml").content) as Record<string, unknown>;
const known = (output: pulumi.Output<string> | undefined) => new Promise((resolve) => output?.apply(resolve));

describe("a K3sServer", () => {
  it("declares its children, all named after it, and keeps the cluster's state", async () => {
    const all = await runServer();
    expect(all.map(({ name }) => name).sort()).toEqual([
      "k3s",
      "k3s-authority",
      "k3s-generation",
      "k3s-join-token",
      "k3s-kubeconfig",
      "k3s-release",
      "k3s-token",
      "k3s-unit",
    ]);
    const keeps = ["/var/lib/rancher/k3s"];
    expect(named(all, "k3s").visible.placement).toMatchObject({ keeps: "persistent", paths: keeps });
    expect(named(all, "k3s-unit").inputs).toMatchObject({
      keeps,
      service: "k3s.service",
      onRemoval: ["/usr/local/lib/homelab/k3s-stop.sh", "k3s.service"],
    });
  });

  it("tells K3s what the topology says of the node, and when a node that is silent is gone", async () => {
    expect(config(await runServer({ nodeGraceSeconds: 15, evictAfterSeconds: 5 }))).toEqual({
      "data-dir": "/var/lib/rancher/k3s",
      "node-name": "storage",
      "node-ip": "10.0.0.1",
      "advertise-address": "10.0.0.1",
      "node-label": ["homelab.dev/lifecycle=always-on"],
      "kubelet-arg": ["node-status-update-frequency=4s"],
      "agent-token-file": "/var/lib/rancher/k3s/homelab-agent-token",
      "https-listen-port": 6443,
      "tls-san": ["10.0.0.1", "storage"],
      "cluster-cidr": "10.42.0.0/16",
      "service-cidr": "10.43.0.0/16",
      "secrets-encryption": true,
      "write-kubeconfig-mode": "0600",
      disable: ["servicelb", "traefik"],
      "kube-apiserver-arg": [
        "default-not-ready-toleration-seconds=5",
        "default-unreachable-toleration-seconds=5",
      ],
      "kube-controller-manager-arg": ["node-monitor-grace-period=15s", "node-monitor-period=2s"],
    });
  });

  it("keeps its tokens with the cluster's state, so that a recreated stack finds them, and none in clear", async () => {
    const all = await runServer();
    const unit = parse(file(all, "/etc/systemd/system/k3s.service").content);
    // A cluster of its own on the disk below would be another one.
    expect(valuesOf(unit, "Unit", "RequiresMountsFor")).toEqual(["/var/lib/rancher/k3s"]);
    expect(valuesOf(unit, "Service", "ExecStartPre")).toContain(
      "/usr/local/lib/homelab/k3s-prepare.sh /var/lib/rancher/k3s/homelab-agent-token",
    );
    expect(named(all, "k3s-token").inputs.path).toBe("/var/lib/rancher/k3s/server/token");
    // Of random values there is one only that is no secret: what stands for this cluster.
    expect(all.filter(({ type }) => type.startsWith("random:")).map(({ name }) => name)).toEqual([
      "k3s-generation",
    ]);
    expect(JSON.stringify(all.map(({ visible }) => visible))).not.toContain("THE-KEY");
  });

  it("hands out a kubeconfig for elsewhere, as a secret, and what tells the cluster from another", async () => {
    await runServer({ apiPort: 7443 });
    const endpoints = server?.endpoints;
    expect(endpoints?.server).toBe("https://10.0.0.1:7443");
    const text = String(await known(endpoints?.kubeconfig));
    expect(text).toContain("server: https://10.0.0.1:7443");
    expect(text).toContain("THE-KEY");
    const isSecret = (output?: pulumi.Output<string>) =>
      (output as { isSecret?: Promise<boolean> } | undefined)?.isSecret;
    expect(await isSecret(endpoints?.kubeconfig)).toBe(true);
    expect(await isSecret(endpoints?.agentToken)).toBe(true);
    expect(await isSecret(endpoints?.nodePasswords as unknown as pulumi.Output<string>)).toBe(true);
    expect(await isSecret(endpoints?.identifier)).toBe(false);
    expect(await known(endpoints?.identifier)).toMatch(/^homelab-[0-9a-f]{16}$/);
  });

  it("reads what the server writes only after it is up, and from where the server keeps it", async () => {
    const all = await runServer({ dataDirectory: "/srv/homelab/k3s" });
    expect(named(all, "k3s-kubeconfig").inputs.path).toBe("/etc/rancher/k3s/k3s.yaml");
    expect(named(all, "k3s-join-token").inputs.path).toBe("/srv/homelab/k3s/server/agent-token");
    expect(named(all, "k3s-authority").inputs.path).toBe("/srv/homelab/k3s/server/tls/server-ca.crt");
    expect(named(all, "k3s-join-token").dependsOn).toContain("k3s-unit");
  });
});

describe("K3s' unit", () => {
  it("runs the program of its version from its own folder, so that a version that fails goes back by itself", async () => {
    const text = file(
      await runServer({ version: "v1.35.4+k3s1" }),
      "/etc/systemd/system/k3s.service",
    ).content;
    const unit = parse(text);
    expect(valueOf(unit, "Service", "ExecStart")).toBe(
      "/usr/local/lib/homelab/k3s/v1.35.4+k3s1/k3s server --config /etc/rancher/k3s/config.yaml",
    );
    expect(valuesOf(unit, "Service", "Type")).toEqual(["notify"]);
  });

  it("leaves pods alone when it restarts", async () => {
    const agent = parse(file(await runAgent(compute), "/etc/systemd/system/k3s-agent.service").content);
    expect(valueOf(agent, "Service", "KillMode")).toBe("process");
    expect(valueOf(agent, "Service", "Delegate")).toBe("true");
    expect(valueOf(agent, "Service", "ExecStopPost")).toBe(
      "/usr/local/lib/homelab/k3s-stop.sh k3s-agent.service",
    );
    expect(valueOf(agent, "Service", "Type")).toBe("exec");
  });

  it("links archives of images before K3s starts, and gives K3s half an hour to import them", async () => {
    const all = await runAgent(compute, { dataDirectory: "/srv/homelab/k3s", imageArchives: "/srv/images" });
    const agent = parse(file(all, "/etc/systemd/system/k3s-agent.service").content);
    expect(valuesOf(agent, "Service", "ExecStartPre")).toEqual([
      "/usr/local/lib/homelab/k3s-prepare.sh",
      "/usr/local/lib/homelab/k3s-authority.sh /srv/homelab/k3s agent /etc/rancher/k3s/agent-token",
      "/usr/local/lib/homelab/k3s-images.sh /srv/homelab/k3s/agent/images /srv/images",
    ]);
    expect(valueOf(agent, "Service", "TimeoutStartSec")).toBe("1800");
    expect(named(all, "k3s-unit").inputs.health).toMatchObject({ timeoutSeconds: 1800 });
  });

  it("without archives takes the links of former ones away, and waits no longer than K3s needs", async () => {
    const all = await runAgent(compute);
    const agent = parse(file(all, "/etc/systemd/system/k3s-agent.service").content);
    expect(valuesOf(agent, "Service", "ExecStartPre")).toEqual([
      "/usr/local/lib/homelab/k3s-prepare.sh",
      "/usr/local/lib/homelab/k3s-authority.sh /var/lib/rancher/k3s agent /etc/rancher/k3s/agent-token",
      "/usr/local/lib/homelab/k3s-images.sh /var/lib/rancher/k3s/agent/images",
    ]);
    expect(valueOf(agent, "Service", "TimeoutStartSec")).toBe("300");
    expect(named(all, "k3s-unit").inputs.health).toMatchObject({ timeoutSeconds: 240 });
  });

  it("is what the provider takes", async () => {
    for (const all of [
      await runServer({ imageArchives: "/srv/images" }),
      await runAgent(compute, { airgapImages: true, architecture: "arm64" }),
    ]) {
      expect(unitSchema.safeParse(named(all, "k3s-unit").inputs).error).toBeUndefined();
      expect(releaseSchema.safeParse(named(all, "k3s-release").inputs).error).toBeUndefined();
    }
  });
});

describe("K3s where the house's traffic goes by the mesh", () => {
  const member = <N extends Node>(node: N, mesh: string): N => ({ ...node, mesh, traffic: mesh });
  const serverByMesh = () => runServer({}, member(alwaysOn(), "100.64.0.1"));
  const agentByMesh = () => runAgent(member(compute, "100.64.0.3"), {}, "100.64.0.1");
  const byLan = { "node-ip": "10.0.0.1", "advertise-address": "10.0.0.1" };

  it("has the node's address there, and flannel on its interface", async () => {
    expect(config(await serverByMesh())).toMatchObject({
      "node-ip": "100.64.0.1",
      "advertise-address": "100.64.0.1",
      "flannel-iface": "tailscale0",
      "tls-san": ["10.0.0.1", "100.64.0.1", "storage"],
    });
    expect(config(await agentByMesh())).toMatchObject({
      "node-ip": "100.64.0.3",
      "flannel-iface": "tailscale0",
      server: "https://10.0.0.1:6443",
    });
  });

  it("stays on the LAN as long as another node is no member", async () => {
    const made = config(await runServer({}, { ...alwaysOn(), mesh: "100.64.0.1" }));
    expect(made).toMatchObject(byLan);
    expect(made["flannel-iface"]).toBeUndefined();
  });

  it("is reached by clients at the LAN's address, which needs no mesh", async () => {
    await serverByMesh();
    expect(server?.endpoints.server).toBe("https://10.0.0.1:6443");
    expect(await known(server?.endpoints.kubeconfig)).toContain("server: https://10.0.0.1:6443");
  });

  it("has an agent begin by either of its server's addresses, and wait for one without holding up whoever starts it", async () => {
    const all = await agentByMesh();
    const text = file(all, "/etc/systemd/system/k3s-agent.service").content;
    expect(valueOf(parse(text), "Service", "ExecStart")).toBe(
      "/usr/local/lib/homelab/k3s-find-server.sh /etc/rancher/k3s/config.yaml 100.64.0.1 " +
        "/usr/local/lib/homelab/k3s/v1.35.4+k3s1/k3s agent --config /etc/rancher/k3s/config.yaml",
    );
    expect(text).not.toMatch(/^ExecStartPre=.*find-server/m);
    expect(valueOf(parse(text), "Service", "Type")).toBe("exec");
    expect(file(all, "/usr/local/lib/homelab/k3s-find-server.sh").mode).toBe("0755");
    expect(unitSchema.safeParse(named(all, "k3s-unit").inputs).error).toBeUndefined();
  });

  it.each([
    ["a server", serverByMesh, "/etc/systemd/system/k3s.service"],
    ["an agent on the LAN alone", () => runAgent(compute), "/etc/systemd/system/k3s-agent.service"],
  ])("has nothing of that for %s", async (_, run, path) => {
    const all = await run();
    expect(valueOf(parse(file(all, path).content), "Service", "ExecStart")).toMatch(
      /^\/usr\/local\/lib\/homelab\/k3s\//,
    );
    expect(() => file(all, "/usr/local/lib/homelab/k3s-find-server.sh")).toThrow("no ");
  });

  it("starts after tailscaled, and needs none", async () => {
    for (const [all, path] of [
      [await serverByMesh(), "/etc/systemd/system/k3s.service"],
      [await agentByMesh(), "/etc/systemd/system/k3s-agent.service"],
    ] as const) {
      const text = file(all, path).content;
      expect(valuesOf(parse(text), "Unit", "After")).toEqual(["network-online.target", "tailscale.service"]);
      expect(text.match(/tailscale/g)).toHaveLength(1);
    }
    const alone = file(await runServer(), "/etc/systemd/system/k3s.service").content;
    expect(alone).not.toContain("tailscale");
  });
});

describe("K3s' release", () => {
  it("is fetched from its makers and checked against the checksum file beside it", async () => {
    expect(named(await runServer(), "k3s-release").inputs).toMatchObject({
      version: "v1.35.4+k3s1",
      from: "https://github.com/k3s-io/k3s/releases/download",
      checksums: "sha256sum-amd64.txt",
      files: [{ name: "k3s", mode: "0755" }],
    });
  });

  it("is taken from a directory on the node, with its images, where the node reaches no network", async () => {
    const settings = {
      releases: "file:///srv/k3s-releases",
      airgapImages: true,
      architecture: "arm64",
      dataDirectory: "/srv/homelab/k3s",
    };
    expect(named(await runAgent(compute, settings), "k3s-release").inputs).toMatchObject({
      from: "file:///srv/k3s-releases",
      checksums: "sha256sum-arm64.txt",
      files: [
        { name: "k3s-arm64", mode: "0755" },
        {
          name: "k3s-airgap-images-arm64.tar.zst",
          mode: "0644",
          alsoIn: "/srv/homelab/k3s/agent/images/k3s-airgap-images-arm64.tar.zst",
        },
      ],
    });
  });
});

describe("a K3sAgent", () => {
  it("on an on-demand node is tainted, keeps nothing, and says why its disk does not matter", async () => {
    const all = await runAgent(compute);
    expect(config(all)).toEqual({
      server: "https://10.0.0.1:6443",
      "data-dir": "/var/lib/rancher/k3s",
      "token-file": "/etc/rancher/k3s/agent-token",
      "node-name": "compute",
      "node-ip": "10.0.0.3",
      "node-label": ["homelab.dev/lifecycle=on-demand"],
      "node-taint": ["homelab.dev/lifecycle=on-demand:NoSchedule"],
      "kubelet-arg": ["node-status-update-frequency=4s"],
    });
    expect(named(all, "k3s").visible.placement).toMatchObject({ keeps: "ephemeral" });
    expect(named(all, "k3s-unit").inputs.keeps).toBeUndefined();
  });

  it("on an always-on node has no taint and keeps the volumes of its claims", async () => {
    const all = await runAgent(alwaysOn("desktop"));
    expect(config(all)["node-taint"]).toBeUndefined();
    expect(named(all, "k3s").visible.placement).toMatchObject({ keeps: "persistent" });
    expect(named(all, "k3s-unit").inputs.keeps).toEqual(["/var/lib/rancher/k3s"]);
  });

  it("proves itself after a wipe by the password that it had before", async () => {
    const all = await runAgent(compute);
    const password = file(all, "/etc/rancher/node/password");
    expect([password.content, password.mode]).toEqual(["PASSWORD", "0600"]);
    const shown = (named(all, "k3s-unit").visible as { files: File[] }).files;
    expect(shown.filter(({ content }) => content === secret).map(({ path }) => path)).toEqual([
      "/etc/rancher/k3s/agent-token",
      "/etc/rancher/node/password",
    ]);
  });

  it("has a unit text that is known before storage was ever up: admission by the placement rule reads it", async () => {
    const all = await runAgent(compute);
    expect(file(all, "/etc/systemd/system/k3s-agent.service").content).toContain("k3s agent --config");
  });
});
