import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { alwaysOn, declared, named } from "../testing";
import { NodeFirewall } from ".";
import { firewallService } from "./node-firewall";
import { firewallRules } from "./rules";

const ports = [
  { name: "PostgreSQL", port: 5432, from: ["10.0.0.2", "fd00::3", "10.0.0.1"] },
  { name: "MinIO's console", port: 9001, from: [] },
];
const rules = firewallRules(ports, ["10.0.0.1"]);
const load = (text: string) =>
  spawnSync("nft", ["--check", "--file", "-"], { input: text, encoding: "utf8" });

describe("the rules", () => {
  it("replace their own table in one transaction and touch nothing else", () => {
    expect(rules).toBe(`# Written by Pulumi: changes made here are put back.
table inet homelab
delete table inet homelab
table inet homelab {
    chain input {
        type filter hook input priority filter; policy accept;
        iifname "lo" accept
        # PostgreSQL
        tcp dport 5432 ip saddr { 10.0.0.1, 10.0.0.2 } accept
        tcp dport 5432 ip6 saddr { fd00::3 } accept
        tcp dport 5432 counter reject with tcp reset
        # MinIO's console
        tcp dport 9001 ip saddr { 10.0.0.1 } accept
        tcp dport 9001 counter reject with tcp reset
    }
}
`);
    expect(rules).not.toContain("flush ruleset");
  });

  it("leave every other port as it is, SSH above all", () => {
    const judged = rules.split("\n").filter((line) => /\b(drop|reject)\b/.test(line));
    expect(judged.every((line) => /tcp dport (5432|9001) /.test(line))).toBe(true);
    expect(rules).toContain("policy accept");
  });

  it("refuse what is no address, no port, no name, or guarded twice", () => {
    const one = { name: "x", port: 1, from: [] };
    expect(() => firewallRules([{ ...one, from: ["0.0.0.0/0"] }], [])).toThrow("no IP address");
    expect(() => firewallRules([{ ...one, port: 0 }], [])).toThrow("no port");
    expect(() => firewallRules([{ ...one, name: "x\naccept" }], [])).toThrow("no name");
    expect(() => firewallRules([one, one], [])).toThrow("guarded twice");
  });

  it("let in what comes by the bridge of the node's own pods, and drop datagrams without an answer", () => {
    const text = firewallRules(
      [{ name: "pods", port: 8472, protocol: "udp", from: ["10.0.0.2"] }],
      [],
      ["cni0"],
    );
    expect(text).toContain('iifname { "lo", "cni0" } accept');
    expect(text).toContain("udp dport 8472 ip saddr { 10.0.0.2 } accept\n");
    expect(text).toContain("udp dport 8472 counter drop\n");
    expect(() => firewallRules([], [], ['a" accept'])).toThrow("no interface");
    // One port may be guarded once for each protocol.
    expect(() =>
      firewallRules(
        [
          { name: "a", port: 1, protocol: "udp", from: [] },
          { name: "b", port: 1, from: [] },
        ],
        [],
      ),
    ).not.toThrow();
  });

  it("judge what a pod serves before its port is turned to the pod, and nothing that is not meant for the node", () => {
    const text = firewallRules(
      [
        { name: "kubelet", port: 10250, from: ["10.0.0.1"] },
        { name: "MLflow", port: 5050, from: ["10.0.0.2"], servedBy: "pod" },
      ],
      ["10.0.0.3"],
      ["cni0"],
    );
    expect(text).toContain(`        tcp dport 10250 counter reject with tcp reset
    }
    chain pods {
        type filter hook prerouting priority dstnat - 10; policy accept;
        iifname { "lo", "cni0" } accept
        fib daddr type != local accept
        # MLflow
        tcp dport 5050 ip saddr { 10.0.0.2, 10.0.0.3 } accept
        tcp dport 5050 counter reject with tcp reset
    }
}
`);
    expect(rules).not.toContain("prerouting");
    expect(() =>
      firewallRules(
        [
          { name: "x", port: 1, from: [] },
          { name: "y", port: 1, from: [], servedBy: "pod" },
        ],
        [],
      ),
    ).toThrow("guarded twice");
  });

  it.skipIf(load("table inet homelab_probe\n").status !== 0)("are accepted by nft", () => {
    expect(load(rules).stderr).toBe("");
    const pods = firewallRules(
      [{ name: "pods", port: 8472, protocol: "udp", from: [] }],
      ["10.0.0.1"],
      ["cni0"],
    );
    expect(load(pods).stderr).toBe("");
    const served = firewallRules([{ name: "a", port: 1, from: [], servedBy: "pod" }], ["10.0.0.1"], ["cni0"]);
    expect(load(served).stderr).toBe("");
    expect(load(rules.replace("dport", "dprt")).status).not.toBe(0);
  });
});

describe("a NodeFirewall", () => {
  it("is one unit that reloads when the rules change", async () => {
    const all = await declared(
      () => new NodeFirewall("wall", { node: alwaysOn(), ports, identity: undefined }),
    );
    expect(all.map(({ name }) => name)).toEqual(["wall", "wall-unit"]);
    expect(named(all, "wall").visible.placement).toEqual({
      node: "storage",
      lifecycle: "always-on",
      keeps: "none",
    });
    expect(named(all, "wall-unit").inputs).toMatchObject({
      service: "homelab-firewall.service",
      files: [
        { path: "/etc/systemd/system/homelab-firewall.service", content: firewallService() },
        { path: "/etc/homelab/firewall.nft", content: rules, onChange: "reload" },
      ],
      health: { exec: ["/usr/sbin/nft", "list", "chain", "inet", "homelab", "input"] },
    });
  });

  it("is in force before the network and stays until the end", () => {
    expect(firewallService()).toContain("Before=network-pre.target\n");
    expect(firewallService()).toContain("DefaultDependencies=false\n");
    expect(firewallService()).not.toContain("shutdown.target");
  });
});
