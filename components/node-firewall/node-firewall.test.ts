import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { alwaysOn, declared, named } from "../testing";
import { NodeFirewall } from ".";
import { firewallService, firewallWatch } from "./node-firewall";
import { firewallRules, type FirewallArgs, type FirewallPort } from "./rules";

const ports = [
  { name: "PostgreSQL", port: 5432, from: ["10.0.0.2", "fd00::3", "10.0.0.1"] },
  { name: "MinIO's console", port: 9001, from: [] },
];
const base = { own: ["10.0.0.1"], members: ["10.0.0.2", "fd00::2"] };
const cluster = { bridge: "cni0", overlay: "flannel.1", networks: ["10.42.0.0/16", "10.43.0.0/16"] };
const rules = firewallRules({ ...base, ports });
const of = (...some: FirewallPort[]) => firewallRules({ ...base, ports: some });
const whole: FirewallArgs = {
  ...base,
  cluster,
  ports: [
    { name: "kubelet", port: 10250, from: ["10.0.0.1"] },
    { name: "pods", port: 8472, protocol: "udp", from: ["10.0.0.2"] },
    { name: "MLflow", port: 5050, from: ["10.0.0.3"], servedBy: "pod" },
    { name: "opened", port: 30096, from: "anyone", servedBy: "pod" },
  ],
};
const load = (text: string) =>
  spawnSync("nft", ["--check", "--file", "-"], { input: text, encoding: "utf8" });

describe("the rules", () => {
  it("let the mesh in by its interface alone, and whom a port names alone", () => {
    const text = of({ name: "PostgreSQL", port: 5432, from: [], byMesh: ["100.64.0.2", "fd7a::2"] });
    expect(text).toContain('tcp dport 5432 iifname "tailscale0" ip saddr { 100.64.0.2 } accept');
    expect(text).toContain('tcp dport 5432 iifname "tailscale0" ip6 saddr { fd7a::2 } accept');
    expect(text.match(/100\.64\.0\.2/g)).toHaveLength(1);
    expect(rules).not.toContain("tailscale0");
    expect(load(text).stderr).toBe("");
    const anyone = of({ name: "NATS", port: 4222, from: [], byMesh: "anyone" });
    expect(anyone).toContain('tcp dport 4222 iifname "tailscale0" accept');
    expect(anyone).not.toMatch(/dport 4222 accept/);
  });

  it("let the mesh in to a pod's port too, before and after it has become the pod's", () => {
    const text = of({ name: "MLflow", port: 5050, from: [], servedBy: "pod", byMesh: ["100.64.0.2"] });
    expect(text).toContain('tcp dport 5050 iifname "tailscale0" ip saddr { 100.64.0.2 } accept');
    expect(text).toContain('ct original proto-dst 5050 iifname "tailscale0" ip saddr { 100.64.0.2 } accept');
    expect(load(text).stderr).toBe("");
  });

  it("replace their own table in one transaction and touch nothing else", () => {
    expect(rules).toBe(`# Written by Pulumi: changes made here are put back.
table inet homelab
delete table inet homelab
table inet homelab {
    chain input {
        type filter hook input priority filter; policy accept;
        iifname != "lo" ip daddr 127.0.0.0/8 ct direction original counter drop
        iifname "lo" accept
        # PostgreSQL
        tcp dport 5432 ip saddr { 10.0.0.1, 10.0.0.2 } accept
        tcp dport 5432 ip6 saddr { fd00::3 } accept
        tcp dport 5432 counter reject with tcp reset
        # MinIO's console
        tcp dport 9001 ip saddr { 10.0.0.1 } accept
        tcp dport 9001 counter reject with tcp reset
    }
    chain forward {
        type filter hook forward priority filter; policy accept;
        ct direction reply accept
        iifname "podman*" accept
        ip saddr { 10.0.0.1, 10.0.0.2 } accept
        ip6 saddr { fd00::2 } accept
        oifname "podman*" ct status dnat accept
        oifname "podman*" goto closed
    }
    chain closed {
        meta l4proto tcp counter reject with tcp reset
        counter drop
    }
}
`);
    expect(rules).not.toContain("flush ruleset");
  });

  it("leave every other port of the node as it is, SSH above all", () => {
    const input = /chain input \{(.*?)\n {4}\}/s.exec(rules)?.[1] ?? "";
    const judged = input.split("\n").filter((line) => /\b(drop|reject)\b/.test(line));
    expect(judged).toHaveLength(3);
    expect(judged.every((line) => /tcp dport (5432|9001) |daddr 127\.0\.0\.0\/8 /.test(line))).toBe(true);
    expect(input).toContain("policy accept");
  });

  it("refuse what is no address, no port, no name, no network, no interface, or guarded twice", () => {
    const one = { name: "x", port: 1, from: [] };
    expect(() => of({ ...one, from: ["0.0.0.0/0"] })).toThrow("no IP address");
    expect(() => of({ ...one, port: 0 })).toThrow("no port");
    expect(() => of({ ...one, name: "x\naccept" })).toThrow("no name");
    expect(() => of(one, one)).toThrow("guarded twice");
    expect(() => of(one, { ...one, servedBy: "pod" })).toThrow("guarded twice");
    // One port may be guarded once for each protocol.
    expect(() => of(one, { ...one, protocol: "udp" })).not.toThrow();
    const network = (text: string) => () =>
      firewallRules({ ...base, ports, cluster: { ...cluster, networks: [text] } });
    for (const text of ["10.42.0.0", "10.42.0.0/33", "10.42.0.0/16 accept", "::/0"]) {
      expect(network(text)).toThrow("no IPv4 network");
    }
    expect(() => firewallRules({ ...base, ports, cluster: { ...cluster, bridge: 'a" accept' } })).toThrow(
      "no interface",
    );
  });

  it("let in what comes by the bridge of the node's own pods, and drop datagrams without an answer", () => {
    const text = firewallRules(whole);
    expect(text).toContain('iifname "cni0" accept');
    expect(text).toContain("udp dport 8472 ip saddr { 10.0.0.1, 10.0.0.2 } accept\n");
    expect(text).toContain("udp dport 8472 counter drop\n");
  });

  it("judge what a pod serves before its port is turned to the pod, and once more behind that", () => {
    const text = firewallRules(whole);
    expect(text).toContain(`    chain pods {
        type filter hook prerouting priority dstnat - 10; policy accept;
        iifname "lo" accept
        iifname "cni0" accept
        fib daddr type != local accept
        # MLflow
        tcp dport 5050 ip saddr { 10.0.0.1, 10.0.0.3 } accept
        tcp dport 5050 counter reject with tcp reset
        # opened
        tcp dport 30096 accept
    }
`);
    expect(text).toContain(
      "        ct status dnat meta l4proto tcp ct original proto-dst 5050 ip saddr { 10.0.0.1, 10.0.0.3 } accept\n",
    );
    expect(text).toContain("        ct status dnat meta l4proto tcp ct original proto-dst 30096 accept\n");
    expect(rules).not.toContain("prerouting");
  });

  it.skipIf(load("table inet homelab_probe\n").status !== 0)("are accepted by nft", () => {
    for (const text of [rules, firewallRules(whole), firewallRules({ ...whole, ports: [] })]) {
      expect(load(text).stderr).toBe("");
    }
    expect(load(rules.replace("dport", "dprt")).status).not.toBe(0);
  });
});

describe("a NodeFirewall", () => {
  it("is one unit that reloads when the rules change, and takes its table away when it is removed", async () => {
    const all = await declared(
      () =>
        new NodeFirewall("wall", { node: alwaysOn(), ports, members: base.members, sshIdentity: undefined }),
    );
    expect(all.map(({ name }) => name)).toEqual(["wall", "wall-unit"]);
    expect(named(all, "wall").visible.placement).toEqual({
      node: "storage",
      keeps: "none",
    });
    const script = "/usr/local/lib/homelab/homelab-firewall/firewall.sh";
    expect(named(all, "wall-unit").inputs).toMatchObject({
      service: "homelab-firewall.service",
      files: [
        { path: "/etc/systemd/system/homelab-firewall.service", content: firewallService() },
        { path: "/etc/systemd/system/homelab-firewall-watch.service", content: firewallWatch() },
        { path: script, mode: "0755" },
        { path: "/etc/homelab/firewall.nft", content: rules, onChange: "reload" },
      ],
      health: { exec: [script, "check"] },
      onRemoval: [script, "remove"],
      confirmSeconds: 60,
    });
  });

  it("is in force before the network and stays until the end, also when it is restarted", () => {
    expect(firewallService()).toContain("Before=network-pre.target\n");
    expect(firewallService()).toContain("DefaultDependencies=false\n");
    expect(firewallService()).not.toMatch(/shutdown\.target|ExecStop/);
    expect(firewallService()).toContain("Wants=homelab-firewall-watch.service\n");
    expect(firewallWatch()).toContain("PartOf=homelab-firewall.service\n");
    expect(firewallWatch()).toContain("Restart=always\n");
  });
});

/** The script against a kernel's table that is a file. */
describe("the script", () => {
  const folder = mkdtempSync(join(tmpdir(), "homelab-firewall-"));
  const at = (name: string) => join(folder, name);
  writeFileSync(
    at("nft"),
    `#!/bin/bash
case $* in
"-f "*) cp "$2" ${at("kernel")} ;;
"--stateless list"*) cat ${at("kernel")} ;;
"delete table"*) rm ${at("kernel")} ;;
esac
`,
    { mode: 0o755 },
  );
  const script = readFileSync(join(__dirname, "scripts/firewall.sh"), "utf8")
    .replace(/ PATH=\S+/, ` PATH=${folder}:$PATH`)
    .replace("/run/homelab-firewall", at("run"));
  writeFileSync(at("rules"), "the rules\n");
  const run = (verb: string) =>
    spawnSync("bash", ["-c", script, "firewall.sh", verb, at("rules")], { encoding: "utf8" });

  it("finds nothing wrong after a load, and says when somebody changed or cleared the rules", () => {
    expect(run("check").status).not.toBe(0);
    expect(run("load").status).toBe(0);
    expect(run("check").status).toBe(0);
    writeFileSync(at("kernel"), "the rules, and accept\n");
    expect(run("check").status).not.toBe(0);
    run("load");
    rmSync(at("kernel"));
    expect(run("check").status).not.toBe(0);
  });

  it("remembers what was put back until the next load, so that a preview shows it", () => {
    run("load");
    writeFileSync(at("run/put-back"), "2026-11-28T06:00:00+00:00 gone\n");
    const said = run("check");
    expect([said.status, said.stderr]).toEqual([
      1,
      "The rules were taken away or changed by hand, and put back: 2026-11-28T06:00:00+00:00 gone\n",
    ]);
    run("load");
    expect(run("check").status).toBe(0);
  });

  it("removes its table and its notes", () => {
    run("load");
    expect(run("remove").status).toBe(0);
    expect(run("check").status).not.toBe(0);
    expect(run("remove").status).toBe(0);
    rmSync(folder, { recursive: true });
  });
});
