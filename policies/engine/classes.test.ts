import { describe, expect, it } from "vitest";
import { isLocalDriver, isNetworkDriver } from "./classes";
import { whyClaimIsLocal, whySpecIsLocal } from "./claims";
import { noFacts, unknown } from "./facts";
import type { Claim, ClaimSpec, Facts, PersistentVolume } from "./facts";
import { anywhere } from "./facts";
import { Stack } from "./stack";
import { fixtureTopology } from "../fixtures";

it.each([
  ["nfs.csi.k8s.io", true],
  ["csi-nfs", true],
  ["org.example.nfs", true],
  ["smb", true],
  ["rbd.csi.ceph.com", true],
  ["ebs.csi.aws.com", true],
  ["pd.csi.storage.gke.io", true],
  ["csi.hetzner.cloud", true],
  ["org.democratic-csi.nfs", true],
  ["csi.example.org", false],
  ["unfsx.example.org", false],
  ["local.nfs.example.org", false],
  ["driver.longhorn.io", false],
])("the driver %s is known to be off the node: %s", (driver, off) => {
  expect(isNetworkDriver(driver)).toBe(off);
});

it.each([
  ["rancher.io/local-path", true],
  ["kubernetes.io/no-provisioner", true],
  ["topolvm.io", true],
  ["zfs.csi.openebs.io", true],
  ["hostpath.csi.k8s.io", true],
  ["nfs.csi.k8s.io", false],
])("the provisioner %s keeps data on the node: %s", (driver, local) => {
  expect(isLocalDriver(driver)).toBe(local);
});

const from = { file: "a/x.yaml", resource: "Pod x" };
const named = (name: string): ClaimSpec["class"] => ({ kind: "named", name, by: "field" });

function volume(name: string, more: Partial<PersistentVolume> = {}): PersistentVolume {
  return {
    origin: { file: "a/x.yaml", resource: `PersistentVolume ${name}` },
    name,
    source: { kind: "network", as: "nfs" },
    placement: anywhere,
    class: named("by-hand"),
    labels: {},
    ...more,
  };
}

function claim(name: string, spec: ClaimSpec, more: Partial<Claim> = {}): Claim {
  return { origin: { file: "a/x.yaml", resource: `PersistentVolumeClaim ${name}` }, name, spec, ...more };
}

const stackOf = (facts: Partial<Facts>, node?: string): Stack =>
  new Stack({ ...noFacts(), ...facts }, fixtureTopology, node);

describe("what a claim asks for", () => {
  const wanted: ClaimSpec = { class: named("by-hand") };

  it.each<[string, ClaimSpec, readonly PersistentVolume[], RegExp | undefined]>([
    ["a network class", { class: named("nfs-client") }, [], undefined],
    ["another class", { class: named("fast") }, [], /class fast is not in the list/],
    ["no class", { class: { kind: "unnamed" } }, [], /names no storage class/],
    ["the empty class", { class: { kind: "none" } }, [], /is ""/],
    ["a class nobody knows", { class: unknown("it is an output") }, [], /cannot be known: it is an output/],
    [
      "a network class by the old annotation",
      { class: { kind: "named", name: "nfs-client", by: "annotation" } },
      [],
      /old annotation/,
    ],
    ["a volume of its class", wanted, [volume("v")], undefined],
    ["a volume of another class", wanted, [volume("v", { class: named("other") })], /not in the list/],
    [
      "no class beside a volume without one",
      { class: { kind: "unnamed" } },
      [volume("v", { class: { kind: "unnamed" } })],
      /names no/,
    ],
    [
      "the empty class and a volume without one",
      { class: { kind: "none" } },
      [volume("v", { class: { kind: "unnamed" } })],
      undefined,
    ],
    ["a volume by name", { class: { kind: "unnamed" }, volumeName: "v" }, [volume("v")], undefined],
    [
      "a volume by a name nobody has",
      { class: named("by-hand"), volumeName: "w" },
      [volume("v")],
      /not in the list/,
    ],
    [
      "a local volume by name",
      { class: named("nfs-client"), volumeName: "v" },
      [volume("v", { source: { kind: "local", path: "/x" } })],
      /binds the volume v, a local volume/,
    ],
    ["a volume that is large enough", { ...wanted, size: 5 }, [volume("v", { size: 5 })], undefined],
    ["a volume that is too small", { ...wanted, size: 6 }, [volume("v", { size: 5 })], /not in the list/],
    ["a volume whose size is not known", { ...wanted, size: 6 }, [volume("v")], undefined],
    ["any size of a volume", wanted, [volume("v", { size: 5 })], undefined],
    [
      "two access modes of which the volume has one",
      { ...wanted, accessModes: ["RWO", "RWX"] },
      [volume("v", { accessModes: ["RWO"] })],
      /not in the list/,
    ],
    [
      "an access mode of a volume that states none",
      { ...wanted, accessModes: ["RWX"] },
      [volume("v")],
      undefined,
    ],
    [
      "no class beside a volume of the empty one",
      { class: { kind: "unnamed" } },
      [volume("v", { class: { kind: "none" } })],
      /names no/,
    ],
    [
      "the empty class and a volume of an unheard-of driver without a class",
      { class: { kind: "none" } },
      [volume("v", { class: { kind: "none" }, source: { kind: "driver", driver: "x.example.org" } })],
      /driver x.example.org, which is not known/,
    ],
    [
      "a volume with its access mode",
      { ...wanted, accessModes: ["RWX"] },
      [volume("v", { accessModes: ["RWO", "RWX"] })],
      undefined,
    ],
    [
      "a volume without its access mode",
      { ...wanted, accessModes: ["RWX"] },
      [volume("v", { accessModes: ["RWO"] })],
      /not in the list/,
    ],
    [
      "a volume with its labels",
      { ...wanted, matchLabels: { a: "b" } },
      [volume("v", { labels: { a: "b" } })],
      undefined,
    ],
    [
      "a volume with other labels",
      { ...wanted, matchLabels: { a: "b" } },
      [volume("v", { labels: { a: "c" } })],
      /not in the list/,
    ],
    ["a file system from a block volume", wanted, [volume("v", { mode: "Block" })], /not in the list/],
    ["a block volume", { ...wanted, mode: "Block" }, [volume("v", { mode: "Block" })], undefined],
    [
      "a volume reserved for another claim",
      wanted,
      [volume("v", { claimRef: { name: "other" } })],
      /not in the list/,
    ],
    [
      "one of two volumes, one of them local",
      wanted,
      [volume("v"), volume("w", { source: { kind: "hostPath", path: "/x" } })],
      /volume w, a hostPath volume/,
    ],
    [
      "a volume of a network driver",
      wanted,
      [volume("v", { source: { kind: "driver", driver: "nfs.csi.k8s.io" } })],
      undefined,
    ],
    [
      "a volume of an unheard-of driver",
      wanted,
      [volume("v", { source: { kind: "driver", driver: "x.example.org" } })],
      /driver x.example.org, which is not known/,
    ],
    [
      "a volume of an unheard-of driver and a listed class",
      { class: named("nfs-client") },
      [volume("v", { class: named("nfs-client"), source: { kind: "driver", driver: "x.example.org" } })],
      undefined,
    ],
    [
      "a volume of a kind nobody knows",
      wanted,
      [volume("v", { source: unknown("it states none") })],
      /kind cannot be known: it states none/,
    ],
  ])("%s", (_, spec, persistentVolumes, why) => {
    const answer = whySpecIsLocal(spec, from, stackOf({ persistentVolumes }));
    if (why === undefined) expect(answer).toBeUndefined();
    else expect(answer).toMatch(why);
  });

  it("a local volume of an always-on node is no loss, unless all is moved", () => {
    const persistentVolumes = [
      volume("v", { source: { kind: "local", path: "/x" }, placement: { kind: "host", host: "storage" } }),
    ];
    expect(whySpecIsLocal(wanted, from, stackOf({ persistentVolumes }))).toBeUndefined();
    expect(whySpecIsLocal(wanted, from, stackOf({ persistentVolumes }, "compute"))).toMatch(/local volume/);
  });

  it("a listed class that the stack makes on the node is none of the network", () => {
    const origin = { file: "b/y.yaml", resource: "StorageClass nfs-client" };
    const made = (provisioner: string): Stack =>
      stackOf({ storageClasses: [{ origin, name: "nfs-client", provisioner }] });
    const spec: ClaimSpec = { class: named("nfs-client") };
    expect(whySpecIsLocal(spec, from, made("rancher.io/local-path"))).toMatch(
      /made by rancher.io\/local-path/,
    );
    expect(whySpecIsLocal(spec, from, made("example.org/nfs"))).toBeUndefined();
  });
});

describe("a claim by its name", () => {
  const network: ClaimSpec = { class: named("nfs-client") };
  const local: ClaimSpec = { class: named("fast") };
  const why = (facts: Partial<Facts>, namespace?: string): string | undefined =>
    whyClaimIsLocal("data", namespace, from, stackOf(facts));

  it("that nobody defines", () => {
    expect(why({})).toMatch(/the claim data was not found/);
    expect(why({ claims: [claim("other", network)] })).toMatch(/not found/);
  });

  it("that is not known", () => {
    expect(whyClaimIsLocal(unknown("${X} has no value"), undefined, from, stackOf({}))).toMatch(
      /\$\{X\} has no value/,
    );
  });

  it("for which a volume off the node is reserved", () => {
    const reserved = volume("v", { claimRef: { name: "data", namespace: "shop" } });
    expect(why({ persistentVolumes: [reserved] })).toBeUndefined();
    expect(why({ persistentVolumes: [reserved] }, "shop")).toBeUndefined();
    expect(why({ persistentVolumes: [reserved] }, "home")).toMatch(/not found/);
    expect(why({ persistentVolumes: [{ ...reserved, source: { kind: "local", path: "/x" } }] })).toMatch(
      /not found/,
    );
  });

  it("of the volumes reserved for it by nobody's claim all have to be off the node", () => {
    const reserved = volume("v", { claimRef: { name: "data" } });
    const local = volume("w", { claimRef: { name: "data" }, source: { kind: "local", path: "/x" } });
    expect(why({ persistentVolumes: [reserved, { ...reserved, name: "u" }] })).toBeUndefined();
    expect(why({ persistentVolumes: [reserved, local] })).toMatch(/not found/);
    const driver = (name: string): Partial<Facts> => ({
      persistentVolumes: [{ ...reserved, source: { kind: "driver", driver: name } }],
    });
    expect(why(driver("nfs.csi.k8s.io"))).toBeUndefined();
    expect(why(driver("x.example.org"))).toMatch(/not found/);
  });

  it("takes the volume reserved for it before its class", () => {
    const reserved = volume("v", { claimRef: { name: "data" }, source: { kind: "local", path: "/x" } });
    expect(why({ claims: [claim("data", network)], persistentVolumes: [reserved] })).toMatch(
      /volume v, a local/,
    );
    const other = volume("v", { claimRef: { name: "else" }, source: { kind: "local", path: "/x" } });
    expect(why({ claims: [claim("data", network)], persistentVolumes: [other] })).toBeUndefined();
  });

  it("of the same namespace, or of one not stated", () => {
    const claims = [claim("data", network, { namespace: "shop" })];
    expect(why({ claims })).toBeUndefined();
    expect(why({ claims }, "shop")).toBeUndefined();
    expect(why({ claims }, "home")).toMatch(/not found/);
  });

  it("of the same file before the same folder before anywhere", () => {
    const at = (file: string, spec: ClaimSpec): Claim =>
      claim("data", spec, { origin: { file, resource: "c" } });
    expect(
      why({ claims: [at("b/z.yaml", local), at("a/y.yaml", local), at("a/x.yaml", network)] }),
    ).toBeUndefined();
    expect(why({ claims: [at("b/z.yaml", local), at("a/y.yaml", network)] })).toBeUndefined();
    expect(why({ claims: [at("b/z.yaml", network)] })).toBeUndefined();
    expect(why({ claims: [at("b/z.yaml", network), at("c/z.yaml", local)] })).toMatch(/class fast/);
  });

  it("does not take a volume that is meant for a claim of another file", () => {
    const origin = { file: "a/y.yaml", resource: "PersistentVolume v" };
    const free = volume("v", { origin });
    const mine = claim("data", { class: named("by-hand") });
    const theirs = claim(
      "theirs",
      { class: named("by-hand") },
      { origin: { file: "a/y.yaml", resource: "c" } },
    );
    expect(why({ claims: [mine], persistentVolumes: [free] })).toBeUndefined();
    expect(why({ claims: [mine, theirs], persistentVolumes: [free] })).toMatch(/not in the list/);
    const byName = claim("theirs", { class: named("by-hand"), volumeName: "v" });
    expect(why({ claims: [mine, byName], persistentVolumes: [volume("v")] })).toMatch(/not in the list/);
  });
});
