import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { dependencies } from "../../package.json";
import { homelab } from "../program/testing";
import { ask } from "./check";
import { atLeast, clusterTools, node, passphrase, plugins, pulumi, sshKey } from "./checks";

const folder = mkdtempSync(join(tmpdir(), "homelab-doctor-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = (name: string, mode: number) => {
  const path = join(folder, name);
  writeFileSync(path, "secret");
  chmodSync(path, mode);
  return path;
};
const nothing = () => undefined;

it.each([
  ["20.19.0", "20.19", true],
  ["20.9.0", "20.19", false],
  ["v3.300.1", "3.259.0", true],
  ["3.258.9", "3.259.0", false],
  ["24.0.0", "20.19", true],
])("%s is at least %s: %s", (version, least, is) => {
  expect(atLeast(version, least)).toBe(is);
});

describe("what people use the cluster with", () => {
  const tools = (kubectl: string | undefined, k9s: string | undefined) =>
    clusterTools("v1.35.4+k3s1", (program) =>
      program === "kubectl"
        ? kubectl && `{\n  "clientVersion": {\n    "gitVersion": "${kubectl}"\n  }\n}`
        : k9s && `Version     ${k9s}\nCommit      abc`,
    ).map(({ state, says }) => `${state}: ${says}`);

  it.each([
    ["v1.34.0", "v0.50.6", ["ok: 1.34.0", "ok: 0.50.6"]],
    ["v1.36.1", "v0.100.0", ["ok: 1.36.1", "ok: 0.100.0"]],
    [
      "v1.33.9",
      "v0.32.7",
      ["note: v1.33.9: 1.34 to 1.36 fit the cluster, v1.35.4+k3s1", "note: v0.32.7: 0.50 or newer fits"],
    ],
    ["v1.37.0", "v1.0.0", ["note: v1.37.0: 1.34 to 1.36 fit the cluster, v1.35.4+k3s1", "ok: 1.0.0"]],
  ])("kubectl %s and k9s %s beside K3s 1.35", (kubectl, k9s, said) => {
    expect(tools(kubectl, k9s)).toEqual(said);
  });

  it("neither is missing, for this program needs neither: a note names what fits", () => {
    expect(tools(undefined, undefined)).toEqual([
      "note: not here: 1.34 to 1.36 fit the cluster, v1.35.4+k3s1: https://kubernetes.io/docs/tasks/tools",
      "note: not here: 0.50 or newer fits: https://k9scli.io/topics/install",
    ]);
  });
});

describe("what this computer has", () => {
  it("an old Node.js is missing, with the version that is needed", () => {
    expect(node("18.20.0")).toMatchObject({
      state: "missing",
      says: expect.stringContaining("20.19 or newer") as string,
    });
    expect(node("22.1.0").state).toBe("ok");
  });

  it("no Pulumi is missing, an old one a note", () => {
    expect(pulumi(nothing).state).toBe("missing");
    expect(pulumi(() => "v3.1.0").state).toBe("note");
    expect(pulumi(() => `v${dependencies["@pulumi/pulumi"]}`)).toEqual({
      state: "ok",
      what: "Pulumi",
      says: dependencies["@pulumi/pulumi"],
    });
  });

  it("plugins are those of package.json's versions", () => {
    const said = JSON.stringify([
      { name: "random", version: dependencies["@pulumi/random"] },
      { name: "minio", version: "0.1.0" },
    ]);
    expect(plugins(() => said).map(({ state }) => state)).toEqual(["ok", "note"]);
    expect(plugins(nothing)).toEqual([]);
  });

  it("a passphrase may be in a variable, in a file that nobody else reads, or not be needed", () => {
    expect(passphrase({ PULUMI_CONFIG_PASSPHRASE: "" }, []).state).toBe("ok");
    expect(passphrase({ PULUMI_CONFIG_PASSPHRASE_FILE: file("good", 0o600) }, []).state).toBe("ok");
    expect(passphrase({ PULUMI_CONFIG_PASSPHRASE_FILE: file("open", 0o644) }, [])).toMatchObject({
      state: "note",
      says: expect.stringContaining("chmod 600") as string,
    });
    expect(passphrase({ PULUMI_CONFIG_PASSPHRASE_FILE: join(folder, "none") }, []).state).toBe("missing");
    expect(passphrase({}, ["config:\n"]).state).toBe("note");
    expect(passphrase({}, ["secretsprovider: awskms://x\n"]).state).toBe("ok");
    expect(passphrase({}, ["secretsprovider: awskms://x\n", "config:\n"]).state).toBe("note");
  });

  it("a key is a file that nobody else reads, or the agent's", () => {
    expect(sshKey(file("key", 0o600), {}).state).toBe("ok");
    expect(sshKey(file("open-key", 0o640), {}).state).toBe("note");
    expect(sshKey(undefined, {}).state).toBe("missing");
    expect(sshKey(undefined, { SSH_AUTH_SOCK: "/x" }, nothing).state).toBe("missing");
    expect(sshKey(undefined, { SSH_AUTH_SOCK: "/x" }, () => "256 SHA256:x (ED25519)").state).toBe("ok");
  });

  it("a program that is not there is no answer, and nothing is given to a shell", () => {
    expect(ask("no-such-program-at-all", [])).toBeUndefined();
    expect(ask("printf", ["%s", "$(id)"])).toBe("$(id)");
  });
});

it("homelab doctor goes on after what is wrong, and ends with 1", async () => {
  const { code, stdout } = await homelab(
    "doctor",
    "--topology",
    join(folder, "none.yaml"),
    "--identity",
    join(folder, "no-key"),
  );
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ok +Node\.js +\d/m);
  expect(stdout).toMatch(/^missing +SSH key /m);
  expect(stdout).toMatch(/^missing +topology +.*cannot be read/m);
});
