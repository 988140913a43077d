import { describe, expect, it } from "vitest";
import {
  entriesOf,
  isStranger,
  keysOf,
  memberDifferences,
  memberSchema,
  readMember,
  wrongAddress,
  type MemberSpec,
  type SeenMember,
} from "./mesh-member";
import { policyDifferences, policySchema } from "./mesh-policy";

const connection = {
  node: "compute",
  host: "192.0.2.13",
  port: 22,
  user: "root",
  hostKey: "ssh-ed25519 AAAA",
};
const coordinator = { connection: { ...connection, node: "storage" }, container: "headscale" };
const server = "https://192.0.2.11:8444";
const spec = (more: Partial<MemberSpec> = {}): MemberSpec =>
  memberSchema.parse({
    ...{ connection, container: "tailscale", stateFile: "/var/lib/homelab-tailscale/tailscaled.state" },
    ...{ server, coordinator, hostname: "compute", tag: "tag:compute", ...more },
  });
const seen = (more: Partial<SeenMember> = {}): SeenMember => ({
  ...{ backend: "Running", server, tags: ["tag:compute"], addresses: ["100.64.0.3"] },
  ...{ hostname: "compute", more: [], identity: "e30=", ...more },
});
const now = Date.parse("2026-11-28T12:00:00Z");
const found = (more: Partial<SeenMember>, of = spec()) => memberDifferences(of, seen(more), now);

describe("a member of the mesh", () => {
  it("that is as declared has nothing to do", () => {
    expect(found({})).toEqual({ join: [], set: [], unknown: [] });
    expect(found({ keyEnds: now + 1 }).join).toEqual([]);
  });

  it("that headscale does not know must join, whatever it says itself, and is left as it is while headscale does not answer", () => {
    const of = (known?: readonly string[], more: Partial<SeenMember> = {}) =>
      memberDifferences(spec(), seen({ key: "nodekey:aa", ...more }), now, known).join;
    expect(of()).toEqual([]);
    expect(of(["nodekey:bb", "nodekey:aa"])).toEqual([]);
    expect(of(["nodekey:bb"]).join()).toMatch(/headscale does not know compute: .*headscale's data was lost/);
    expect(of([])).toHaveLength(1);
    expect(of([], { backend: "NeedsLogin" }).join()).not.toMatch(/does not know/);
    // What a wiped one was known by is of use to it.
    expect(isStranger(seen({ backend: "NeedsLogin", key: "nodekey:00" }), ["nodekey:aa"])).toBe(false);
    expect(isStranger(seen({ key: "nodekey:00" }), ["nodekey:aa"])).toBe(true);
    expect(keysOf('[{"id":1,"node_key":"nodekey:aa"},{"id":2,"node_key":"nodekey:bb"}]')).toEqual([
      ...["nodekey:aa", "nodekey:bb"],
    ]);
    expect(keysOf("null")).toEqual([]);
  });

  it.each<[string, Partial<SeenMember>, RegExp]>([
    ["was logged out", { backend: "NeedsLogin" }, /not logged in/],
    ["was switched off", { backend: "Stopped" }, /switched off/],
    ["has a key that expired", { keyEnds: now - 1 }, /key of compute in the mesh has expired, 2026-11-28/],
    ["asks another server", { server: "https://other.example" }, /asks https:\/\/other.example/],
    [
      "asks Tailscale's own",
      { server: "https://controlplane.tailscale.com" },
      /in the place of https:\/\/192/,
    ],
    [
      "has another tag",
      { tags: ["tag:storage"] },
      /has tag:storage in the mesh, in the place of tag:compute/,
    ],
    ["has a tag too many", { tags: ["tag:compute", "tag:admin"] }, /tag:compute, tag:admin/],
    ["has no tag", { tags: [] }, /has no tag/],
  ])("that %s is a difference, and must join", (_what, more, sentence) => {
    expect(found(more).join.join()).toMatch(sentence);
  });

  it("whose tailscaled is down, or without a word from its server, is none that is as declared", () => {
    expect(memberDifferences(spec(), undefined, now).join.join()).toMatch(/does not run/);
    for (const backend of ["NoState", "Starting"]) {
      const { join, unknown } = found({ backend, tags: [] });
      expect(join).toEqual([]);
      expect(unknown.join()).toMatch(/has not reached https:\/\/192\.0\.2\.11:8444/);
    }
  });

  it("that takes others' routes or names, or serves SSH itself, is put right without a key", () => {
    const { join, set } = found({ hostname: "x", more: ["--accept-routes", "--ssh"] });
    expect(join).toEqual([]);
    expect(set).toHaveLength(3);
  });

  it("of Tailscale's service may have been told its URL or not", () => {
    const theirs = { ...spec(), server: "", coordinator: undefined } as unknown as MemberSpec;
    for (const url of ["", "https://controlplane.tailscale.com"])
      expect(found({ server: url }, theirs).join).toEqual([]);
    expect(found({ server }, theirs).join.join()).toMatch(/in the place of https:\/\/controlplane/);
  });

  it("has a server of its own only together with who makes its keys", () => {
    const without = { ...spec(), coordinator: undefined };
    expect(memberSchema.safeParse(without).success).toBe(false);
    expect(memberSchema.safeParse({ ...without, server: "" }).success).toBe(true);
  });

  it("with another address than the topology has is told of", () => {
    expect(wrongAddress(spec(), ["100.64.0.3"])).toBeUndefined();
    expect(wrongAddress(spec({ address: "100.64.0.3" }), ["100.64.0.3", "fd7a::3"])).toBeUndefined();
    expect(wrongAddress(spec({ address: "100.64.0.9" }), ["100.64.0.3"])).toMatch(/nodes\.compute\.mesh/);
  });

  it("is read from what tailscale prints", () => {
    const status = {
      BackendState: "Running",
      Self: { TailscaleIPs: ["100.64.0.3"], Tags: ["tag:compute"], KeyExpiry: "2027-01-01T00:00:00Z" },
    };
    const prefs = {
      ControlURL: server,
      RouteAll: true,
      CorpDNS: false,
      RunSSH: true,
      LoggedOut: false,
      NetfilterMode: 2,
      Hostname: "c",
    };
    const read = readMember(JSON.stringify(status), JSON.stringify(prefs), "e30=");
    expect(read).toMatchObject({
      backend: "Running",
      tags: ["tag:compute"],
      more: ["--accept-routes", "--ssh", "--netfilter-mode"],
    });
    const quiet = { ...prefs, RouteAll: false, RunSSH: false, NetfilterMode: 0 };
    expect(readMember(JSON.stringify(status), JSON.stringify(quiet), "").more).toEqual([]);
    expect(read.keyEnds).toBe(Date.parse("2027-01-01T00:00:00Z"));
    const endless = { ...status, Self: { ...status.Self, KeyExpiry: "0001-01-01T00:00:00Z" } };
    expect(readMember(JSON.stringify(endless), JSON.stringify(prefs), "").keyEnds).toBeUndefined();
    const out = readMember(
      JSON.stringify({ BackendState: "NeedsLogin", Self: null }),
      JSON.stringify(prefs),
      "",
    );
    expect(out).toMatchObject({ backend: "NeedsLogin", addresses: [], tags: [] });
    expect(
      readMember(JSON.stringify(status), JSON.stringify({ ...prefs, LoggedOut: true }), "").backend,
    ).toBe("NeedsLogin");
  });
});

describe("headscale's entries", () => {
  it("that go for a node are those of its name and tag, and nobody else's", () => {
    const nodes = [
      { id: 1, name: "compute", given_name: "compute", tags: ["tag:compute"], ip_addresses: ["100.64.0.3"] },
      { id: 2, name: "compute", given_name: "compute-x1", tags: ["tag:compute"], ip_addresses: null },
      { id: 3, name: "compute", given_name: "compute-2", tags: [], ip_addresses: ["100.64.0.8"] },
      { id: 4, name: "storage", given_name: "storage", tags: ["tag:storage"] },
    ];
    expect(entriesOf(JSON.stringify(nodes), "compute", "tag:compute").map(({ id }) => id)).toEqual([
      "1",
      "2",
    ]);
    expect(entriesOf("null", "compute", "tag:compute")).toEqual([]);
  });
});

describe("headscale's policy", () => {
  const grant = { src: ["tag:desktop"], dst: ["tag:compute"], ip: ["tcp:22"] };
  const owners = { "tag:storage": ["house@"], "tag:desktop": ["house@"], "tag:compute": ["house@"] };
  const part = policySchema.parse({
    ...{ coordinator, node: "compute", tag: "tag:compute", owners, grants: [grant], tests: [] },
  });
  const others = { src: ["tag:compute"], dst: ["tag:storage"], ip: ["tcp:5432"] };
  const whole = { tagOwners: owners, grants: [others, grant], tests: [{ src: "tag:x", accept: ["y"] }] };
  const differences = (policy: object) => policyDifferences(part, JSON.stringify(policy));

  it("with the node's part as declared, and whatever other nodes' parts and tests, differs in nothing", () => {
    expect(differences(whole)).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ["lost the part", { ...whole, grants: [others] }, /lacks .*tcp:22/],
    [
      "lets in more",
      { ...whole, grants: [others, grant, { ...grant, ip: ["tcp:8000"] }] },
      /has .*tcp:8000.*not declared/,
    ],
    [
      "lets everybody in everywhere",
      { ...whole, grants: [others, grant, { src: ["*"], dst: ["*"], ip: ["*"] }] },
      /policy has .*"\*"/,
    ],
    ["has an access rule of the old kind", { ...whole, acls: [{ action: "accept" }] }, /accept/],
    ["opens SSH by Tailscale", { ...whole, ssh: [{ action: "accept" }] }, /accept/],
    [
      "gives a tag to somebody",
      { ...whole, tagOwners: { ...owners, "tag:compute": ["eve@"] } },
      /owners of tag:compute/,
    ],
  ])("that %s is a difference", (_what, policy, sentence) => {
    expect(differences(policy).join(" ")).toMatch(sentence);
  });

  it("that is not there lets every member reach everything, and is said to", () => {
    expect(policyDifferences(part, "").join()).toMatch(/missing: headscale lets every member/);
    expect(policyDifferences(part, "{").join()).toMatch(/none that this program wrote/);
  });
});
