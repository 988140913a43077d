import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { alwaysOn, declared, named } from "../testing";
import { UserError } from "../user-error";
import { HostCheck } from ".";
import { lost, parseFacts, type HostFacts } from "../../remote/host";
import { judge, requireFit } from "./facts";

const GB = 1024 ** 3;
const node = alwaysOn();
const fine: HostFacts = {
  os: "Debian GNU/Linux 13 (trixie)",
  arch: "x86_64",
  kernel: "6.12.0",
  memoryBytes: 15.5 * GB,
  podman: "5.4.2",
  quadlet: true,
  systemd: 257,
  cgroup: "v2",
  nft: true,
  curl: true,
  clockSynchronized: true,
};

describe("a host's facts", () => {
  it("are read from this very machine", () => {
    const script = readFileSync(join(__dirname, "../../remote/agent/host.sh"), "utf8");
    const { stdout, status } = spawnSync("sh", ["-s"], { input: script, encoding: "utf8" });
    expect(status).toBe(0);
    const facts = parseFacts("here", stdout);
    expect(facts.memoryBytes).toBeGreaterThan(GB / 4);
    expect(facts.kernel).not.toBe("");
  });

  it("are read also where next to nothing is there", () => {
    const script = readFileSync(join(__dirname, "../../remote/agent/host.sh"), "utf8").replace(
      /^PATH=.*$/m,
      "",
    );
    const bin = mkdtempSync(join(tmpdir(), "bin-"));
    try {
      writeFileSync(join(bin, "podman"), '#!/bin/sh\necho "podman version 4\\"x\\\\y"\n', { mode: 0o755 });
      for (const tool of ["sed", "tr", "uname"]) {
        writeFileSync(join(bin, tool), `#!/bin/sh\nPATH=/usr/bin:/bin exec ${tool} "$@"\n`, { mode: 0o755 });
      }
      const { stdout } = spawnSync("/bin/sh", ["-s"], {
        input: script,
        encoding: "utf8",
        env: { PATH: bin },
      });
      expect(parseFacts("here", stdout)).toMatchObject({
        memoryBytes: 0,
        systemd: 0,
        podman: '4"x\\y',
        nft: false,
        curl: false,
        clockSynchronized: false,
      });
    } finally {
      rmSync(bin, { recursive: true });
    }
  });

  it("that cannot be read name the node", () => {
    expect(() => parseFacts("storage", "Welcome!\n{}")).toThrow(/^storage: its answer .*"Welcome!/);
    expect(() => parseFacts("storage", "{}")).toThrow(/^storage: /);
  });
});

describe("judging a host", () => {
  const cases: [string, Partial<HostFacts>, "missing" | "doubtful", RegExp][] = [
    ["no systemd", { systemd: 0 }, "missing", /systemd is missing/],
    ["an old systemd", { systemd: 247 }, "missing", /systemd is version 247: it must be 252 or later/],
    ["no podman", { podman: "", quadlet: false }, "missing", /podman is missing/],
    [
      "an old podman",
      { podman: "4.3.1", quadlet: false },
      "missing",
      /podman is version 4\.3\.1: it must be 5\.0 or later/,
    ],
    ["podman without quadlets", { quadlet: false }, "missing", /generator for quadlets is missing/],
    ["no nft", { nft: false }, "missing", /nft is missing/],
    ["no curl", { curl: false }, "missing", /curl is missing: install it/],
    [
      "less memory than the topology says",
      { memoryBytes: 8 * GB },
      "missing",
      /memory is 8GB, and nodes\.storage\.memory says 16GB/,
    ],
    ["control groups of version 1", { cgroup: "v1" }, "doubtful", /version 1/],
    ["a clock of its own", { clockSynchronized: false }, "doubtful", /clock is not synchronized/],
  ];
  it.each(cases)("finds %s, in one sentence", (_what, change, kind, expected) => {
    const findings = judge(node, { ...fine, ...change });
    expect(findings[kind]).toHaveLength(1);
    expect(findings[kind][0]).toMatch(expected);
    expect(findings[kind][0]).toMatch(/^storage \(10\.0\.0\.1\): /);
    expect([...findings.missing, ...findings.doubtful]).toHaveLength(1);
  });

  it("refuses it with everything that it lacks, and no stack trace", () => {
    const refused = () => requireFit(node, { ...fine, podman: "4.3.1", nft: false });
    expect(refused).toThrow(UserError);
    expect(refused).toThrow(/podman is version 4\.3\.1.*\n.*nft is missing/);
    expect(new UserError("x").stack).toBe("");
    expect(pulumi.RunError.isInstance(new UserError("x"))).toBe(true);
    expect(requireFit(node, { ...fine, cgroup: "v1" })).toHaveLength(1);
  });

  it("says of a Mac the one thing that matters, and not each program that it lacks", () => {
    const { missing } = judge(node, { ...fine, os: "Darwin", systemd: 0, podman: "", nft: false });
    expect(missing).toEqual([expect.stringMatching(/this is a Mac, on which `pulumi up` sets nothing up/)]);
  });

  it("finds nothing wrong with a host as it should be", () => {
    expect(judge(node, fine)).toEqual({ missing: [], doubtful: [] });
  });
});

describe("a host that passed", () => {
  it.each([
    ["podman", { podman: "", quadlet: false }, 2],
    ["an old podman instead", { podman: "4.9.3" }, 1],
    ["nft", { nft: false }, 1],
    ["half of its memory", { memoryBytes: 8 * GB }, 1],
    [
      "nothing, with other versions and more memory",
      { podman: "5.6.0", kernel: "7.0", memoryBytes: 32 * GB },
      0,
    ],
  ] as const)("is different in the next preview when it lost %s", (_what, now, sentences) => {
    expect(lost("storage", fine, { ...fine, ...now })).toHaveLength(sentences);
  });
});

describe("a HostCheck", () => {
  const answer = (facts: HostFacts) => ({ "homelab:remote:Host": { facts } });

  it("asks over this project's own connection, of which no key comes into the state", async () => {
    const dir = mkdtempSync(join(tmpdir(), "key-"));
    const sshIdentity = join(dir, "key");
    writeFileSync(sshIdentity, "PRIVATE-KEY");
    try {
      const all = await declared(() => new HostCheck("host", { node, sshIdentity }), answer(fine));
      expect(all.map(({ name }) => name)).toEqual(["host", "host-facts"]);
      expect(named(all, "host-facts").inputs).toEqual({
        connection: {
          ...{ node: "storage", host: "10.0.0.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
          identity: sshIdentity,
        },
      });
      expect(JSON.stringify(all)).not.toContain("PRIVATE-KEY");
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("gives the facts, which are no secret", async () => {
    let check: HostCheck | undefined;
    await declared(() => {
      check = new HostCheck("host", { node, sshIdentity: undefined });
    }, answer(fine));
    expect(await new Promise((resolve) => check?.facts.apply(resolve))).toEqual(fine);
    expect(await (check?.facts as unknown as { isSecret: Promise<boolean> }).isSecret).toBe(false);
  });

  it("lets go on what depends on it when nothing is missing", async () => {
    const all = await declared(
      () => {
        const check = new HostCheck("host", { node, sshIdentity: undefined });
        new HostCheck("next", { node, sshIdentity: undefined }, { dependsOn: check.passed });
      },
      answer({ ...fine, cgroup: "v1" }),
    );
    expect(named(all, "next-facts").dependsOn).toContain("host-facts");
  });
});
