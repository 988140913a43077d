import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyRelease, releaseSchema, removeRelease, type ReleaseSpec } from "../../remote/release";
import { readSecretFile, secretFileSchema } from "../../remote/secret-file";
import { closeAll } from "../../remote/ssh";
import { unitSchema, type UnitSpec } from "../../remote/unit/spec";
import { applyUnit, removeUnit, unitDrift } from "../../remote/unit/unit";
import { k3sServerSchema } from "../../services";
import { labTopology, onNode } from "../../tests/support/lab";
import { requireAlwaysOn } from "../../topology";
import { declared, named } from "../testing";
import { K3sServer } from ".";

/**
 * What is particular to K3s on a real machine: its release, its unit, its scripts, with a script in the place of its
 * program. The cluster itself is tested with another stand-in (tests/cluster).
 */

const data = "/srv/homelab/k3s-scripted";
const releases = "/srv/homelab/k3s-scripted-releases";
const key = join(__dirname, "../../lab/state/id_lab");
const never = new AbortController().signal;
const script = readFileSync(join(__dirname, "testing/scripted-k3s.sh"), "utf8");
const archive = "k3s-airgap-images-amd64.tar.zst";
const sum = (text: string) => createHash("sha256").update(text).digest("hex");

/** The program of a version; `fault` is what it ends with when it is to start. */
const programOf = (version: string, fault = "") =>
  script.replace("\n", `\nVERSION='${version}' FAULT='${fault}'\n`);

/** Lays a release out on storage, as its makers do: the files, and their checksum file beside them. */
function publish(version: string, fault = "", wrong?: "k3s" | typeof archive): void {
  const files = { k3s: programOf(version, fault), [archive]: `images of ${version}` };
  const sums = Object.entries(files).map(
    ([name, text]) => `${sum(name === wrong ? "other" : text)}  ${name}\n`,
  );
  const all = Object.entries({ ...files, "sha256sum-amd64.txt": sums.join("") });
  const put = all.map(
    ([name, text]) => `base64 -d >${name} <<'E'\n${Buffer.from(text).toString("base64")}\nE\n`,
  );
  onNode("storage", `mkdir -p ${releases}/${version} && cd ${releases}/${version} && bash -s`, put.join(""));
}

/** What the component declares for a version. */
async function parts(version: string, fault = ""): Promise<{ release: ReleaseSpec; unit: UnitSpec }> {
  const all = await declared(
    () =>
      new K3sServer("k3s", {
        node: requireAlwaysOn(labTopology().nodes.storage, "K3sServer"),
        settings: k3sServerSchema.parse({
          ...{ enabled: true, version, releases: `file://${releases}` },
          ...{ airgapImages: true, dataDirectory: data },
        }),
        agents: ["desktop", "compute"],
        sshIdentity: key,
      }),
    {
      "homelab:remote:Release": { sums: { k3s: sum(programOf(version, fault)) } },
      "homelab:remote:Unit": { hash: "h" },
      "homelab:remote:SecretFile": {
        content: JSON.stringify({
          clusters: [{ cluster: { server: "s", "certificate-authority-data": "c" } }],
        }),
      },
    },
  );
  return {
    release: releaseSchema.parse(named(all, "k3s-release").inputs),
    unit: unitSchema.parse(named(all, "k3s-unit").inputs),
  };
}

/** As an up does: the release, then the unit. @param previous the version in the state */
async function up(version: string, previous?: string, fault?: string) {
  const { release, unit } = await parts(version, fault);
  await applyRelease(release, previous, never);
  return applyUnit(unit, never);
}

const lines = (command: string) =>
  onNode("storage", command)
    .split("\n")
    .filter((line) => line !== "");
const starts = () => lines(`cat ${data}/starts`);
const versions = () => lines("ls /usr/local/lib/homelab/k3s");
const pod = () => lines("pgrep -f -- '-address /run/k3s/containerd/containerd[.]sock' || true");
const secret = async (path: string) =>
  readSecretFile(
    secretFileSchema.parse({ connection: (await parts("v1.35.4+k3s1")).unit.connection, path }),
    5,
    never,
  );

async function clean() {
  const { release, unit } = await parts("v1.35.4+k3s1");
  await removeUnit(unit, never);
  await removeRelease(release, never);
  onNode("storage", `rm -rf ${data} ${releases} /usr/local/lib/homelab/k3s`);
}

const itsOwn = onNode("storage", "cat /etc/rancher/k3s/config.yaml 2>/dev/null || true");
const clusterIsOn = itsOwn !== "" && !itsOwn.includes(data);

describe.skipIf(clusterIsOn)("K3s on a machine (skipped while the lab's cluster is on)", () => {
  beforeAll(clean);
  afterAll(async () => {
    await clean();
    await closeAll();
  });

  it("is installed from files on the node, without a network, once their checksums are right", async () => {
    publish("v1.35.4+k3s1");
    expect(await up("v1.35.4+k3s1")).toMatchObject({ action: "restarted" });
    expect(starts()).toEqual(["v1.35.4+k3s1"]);
    expect(lines(`cat ${data}/agent/images/${archive}`)).toEqual(["images of v1.35.4+k3s1"]);
    expect(await secret("/etc/rancher/k3s/k3s.yaml")).toContain("certificate-authority-data");
    expect(lines(`stat -c %a ${data} ${data}/homelab-agent-token ${data}/server/agent-token`)).toEqual([
      "700",
      "600",
      "600",
    ]);
  });

  it("is left alone when it is as declared", async () => {
    expect(await up("v1.35.4+k3s1", "v1.35.4+k3s1")).toMatchObject({ action: "kept", changed: [] });
    expect(await unitDrift((await parts("v1.35.4+k3s1")).unit, never)).toEqual([]);
    expect(starts()).toHaveLength(1);
  });

  it("is upgraded beside the version before, and its pods go on", async () => {
    const before = pod();
    expect(before).toHaveLength(1);
    publish("v1.36.1+k3s1");
    expect(await up("v1.36.1+k3s1", "v1.35.4+k3s1")).toMatchObject({ action: "restarted" });
    expect(starts()).toEqual(["v1.35.4+k3s1", "v1.36.1+k3s1"]);
    expect(versions()).toEqual(["v1.35.4+k3s1", "v1.36.1+k3s1"]);
    expect(pod()).toEqual(before);
  });

  it("keeps no more than the version to which it can go back", async () => {
    publish("v1.36.2+k3s1");
    await up("v1.36.2+k3s1", "v1.36.1+k3s1");
    expect(versions()).toEqual(["v1.36.1+k3s1", "v1.36.2+k3s1"]);
  });

  it("goes back to the version before when the new one does not start, says why, and its pods go on", async () => {
    const before = pod();
    const fault = "etcd: member is from a later version";
    publish("v1.37.0+k3s1", fault);
    await expect(up("v1.37.0+k3s1", "v1.36.2+k3s1", fault)).rejects.toThrow(fault);
    expect(starts().at(-1)).toBe("v1.36.2+k3s1");
    expect(await unitDrift((await parts("v1.36.2+k3s1")).unit, never)).toEqual([]);
    expect(pod()).toEqual(before);
  });

  it.each(["k3s", archive] as const)(
    "is not touched when %s of a release is not what its checksum file says",
    async (wrong) => {
      const before = starts();
      publish("v1.36.3+k3s1", "", wrong);
      await expect(up("v1.36.3+k3s1", "v1.36.2+k3s1")).rejects.toThrow(
        `v1.36.3%2Bk3s1/${wrong} is not what the release's checksum file says`,
      );
      expect(versions()).not.toContain("v1.36.3+k3s1");
      expect(starts()).toEqual(before);
      expect(lines(`cat ${data}/agent/images/${archive}`)).not.toEqual(["images of v1.36.3+k3s1"]);
    },
  );

  it("removed, ends its pods and leaves no key behind, but the cluster's state stays", async () => {
    const { release, unit } = await parts("v1.36.2+k3s1");
    const authority = await secret(`${data}/server/tls/server-ca.crt`);
    await removeUnit(unit, never);
    await removeRelease(release, never);
    expect(pod()).toEqual([]);
    expect(
      lines(
        "find /etc/rancher/k3s /etc/systemd/system/k3s.service /usr/local/lib/homelab/k3s -type f 2>/dev/null || true",
      ),
    ).toEqual([]);
    expect(starts().length).toBeGreaterThan(0);

    await up("v1.36.2+k3s1");
    expect(await secret(`${data}/server/tls/server-ca.crt`)).toBe(authority);
  });
});
