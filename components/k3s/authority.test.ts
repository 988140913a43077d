import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let data: string, tokenFile: string;
const script = readFileSync(join(__dirname, "scripts/authority.sh"), "utf8");
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "homelab-authority-"));
  tokenFile = join(data, "token");
  // This computer may have pods of its own.
  put("authority.sh", script.replaceAll("/var/lib/cni", join(data, "cni")));
  put("bin/ip", `#!/bin/sh\necho "$*" >>"${data}/links"\n`);
  chmodSync(join(data, "bin/ip"), 0o755);
});
afterEach(() => {
  rmSync(data, { recursive: true, force: true });
});

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const put = (path: string, text: string) => {
  mkdirSync(dirname(join(data, path)), { recursive: true });
  writeFileSync(join(data, path), text);
};
const agentOf = (authority: string) => {
  writeFileSync(tokenFile, `K10${hash(authority)}::node:${"a".repeat(48)}\n`);
};
function start(role: "server" | "agent") {
  const { status, stderr } = spawnSync("bash", [join(data, "authority.sh"), data, role, tokenFile], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${data}/bin:${process.env.PATH ?? ""}` },
  });
  expect(status, stderr).toBe(0);
  return stderr;
}
/** What a node has from its cluster, beside what is its own: images, containers, the links to archives. */
const joined = (authority: string) => {
  put("agent/server-ca.crt", authority);
  put("agent/client-kubelet.key", "KEY");
  put("agent/kubelet.kubeconfig", authority);
  put("agent/pki/kubelet-client-current.pem", authority);
  put("agent/containerd/image", "IMAGE");
  put("agent/images/homelab-a.tar", "ARCHIVE");
};
const own = ["containerd", "images"];
const inAgent = () => readdirSync(join(data, "agent")).sort();

describe("a node whose cluster has become another", () => {
  it("sets aside what it had from the former one, and keeps images and containers", () => {
    joined("FORMER");
    agentOf("FORMER");
    start("agent");
    agentOf("NEW");
    expect(start("agent")).toContain("joins as a new node");
    const aside = inAgent().find((name) => name.startsWith(`former-${hash("FORMER").slice(0, 16)}.`)) ?? "";
    expect(inAgent()).toEqual([...own, aside, "homelab-cluster"].sort());
    expect(readdirSync(join(data, "agent", aside)).sort()).toEqual([
      "client-kubelet.key",
      "kubelet.kubeconfig",
      "pki",
      "server-ca.crt",
    ]);
    expect(readFileSync(join(data, "agent/homelab-cluster"), "utf8")).toBe(`${hash("NEW")}\n`);
  });

  it("gives up the addresses that its pods had there, and no others", () => {
    joined("FORMER");
    agentOf("FORMER");
    put("cni/networks/cbr0/10.42.2.7", "POD");
    start("agent");
    expect(existsSync(join(data, "links"))).toBe(false);
    expect(existsSync(join(data, "cni/networks"))).toBe(true);
    agentOf("NEW");
    start("agent");
    expect(readFileSync(join(data, "links"), "utf8")).toBe("link delete cni0\nlink delete flannel.1\n");
    expect(existsSync(join(data, "cni/networks"))).toBe(false);
  });

  it("keeps what it had from each, also when it goes back and leaves again", () => {
    for (const cluster of ["FORMER", "NEW", "FORMER", "NEW"]) {
      agentOf(cluster);
      start("agent");
      joined(cluster);
    }
    expect(inAgent().filter((name) => name.startsWith("former-"))).toHaveLength(3);
    expect(readFileSync(join(data, "agent/kubelet.kubeconfig"), "utf8")).toBe("NEW");
  });

  it("knows it by the authority it has, where an earlier version of this program noted none", () => {
    joined("FORMER");
    agentOf("NEW");
    expect(start("agent")).toContain("joins as a new node");
    expect(existsSync(join(data, "agent/kubelet.kubeconfig"))).toBe(false);
  });

  it("is storage itself when its cluster's state is gone, and when it came back from the backup", () => {
    joined("FORMER");
    put("server/tls/server-ca.crt", "FORMER");
    start("server");
    rmSync(join(data, "server"), { recursive: true });
    expect(start("server")).toContain("joins as a new node");
    joined("INTERIM");
    put("server/tls/server-ca.crt", "INTERIM");
    expect(start("server")).toBe("");
    put("server/tls/server-ca.crt", "FORMER");
    expect(start("server")).toContain("joins as a new node");
  });
});

describe("a node whose cluster is the same", () => {
  it.each(["agent", "server"] as const)("keeps everything as it was (%s)", (role) => {
    joined("SAME");
    put("server/tls/server-ca.crt", "SAME");
    agentOf("SAME");
    const before = inAgent();
    expect(start(role)).toBe("");
    expect(start(role)).toBe("");
    expect(inAgent()).toEqual([...before, "homelab-cluster"].sort());
  });

  it("has nothing to do at its first start", () => {
    agentOf("NEW");
    expect(start("agent")).toBe("");
    expect(existsSync(join(data, "agent"))).toBe(false);
  });
});
