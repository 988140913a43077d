import { expect, it } from "vitest";
import { fixtureTopology } from "../fixtures";
import { whyEngineVolumeIsLocal } from "./engine-volumes";
import { anywhere, noFacts, unknown } from "./facts";
import type { NamedVolume } from "./facts";
import { Stack } from "./stack";

const from = { file: "a/compose.yaml", resource: "service x" };

function volume(more: Partial<NamedVolume> = {}): NamedVolume {
  return {
    origin: { file: "a/compose.yaml", resource: "volume data" },
    names: ["data"],
    driver: "local",
    options: {},
    external: false,
    makesItself: false,
    placement: anywhere,
    ...more,
  };
}

const why = (...namedVolumes: NamedVolume[]): string | undefined =>
  whyEngineVolumeIsLocal("data", from, new Stack({ ...noFacts(), namedVolumes }, fixtureTopology));

it.each<[string, Partial<NamedVolume>, RegExp | undefined]>([
  ["nothing stated", {}, /kept by the engine/],
  ["no driver", { driver: "" }, /kept by the engine/],
  ["a driver nobody knows", { driver: unknown("${D} has no value") }, /driver cannot be known: \$\{D\}/],
  ["an image", { driver: "image" }, undefined],
  ["a network driver", { driver: "vieux/sshfs" }, undefined],
  ["another driver", { driver: "local-persist" }, /driver local-persist is not known/],
  ["nfs", { options: { type: "nfs", device: ":/x" } }, undefined],
  ["NFS4", { options: { type: "NFS4" } }, undefined],
  ["cifs", { options: { type: "cifs" } }, undefined],
  ["tmpfs", { options: { type: "tmpfs", device: "tmpfs" } }, undefined],
  ["a disk", { options: { type: "ext4", device: "/dev/sdb" } }, /device \/dev\/sdb/],
  ["a bind", { options: { type: "none", o: "bind", device: "/srv/x" } }, /bind of the node's \/srv\/x/],
  [
    "a bind among options",
    { options: { o: "noatime, rbind", device: "/srv/x" } },
    /bind of the node's \/srv\/x/,
  ],
  ["type none without bind", { options: { type: "none", device: "/srv/x" } }, /bind of the node's \/srv\/x/],
  ["a bind of nothing", { options: { o: "bind" } }, /bind of the node's disk/],
  ["a read-only bind", { options: { type: "none", o: "bind,ro", device: "/srv/x" } }, undefined],
  ["a bind of plumbing", { options: { type: "none", o: "bind", device: "/run/x" } }, undefined],
  ["external and not read", { external: true }, /it is external/],
])("a volume with %s", (_, more, clause) => {
  const answer = why(volume(more));
  if (clause === undefined) expect(answer).toBeUndefined();
  else expect(answer).toMatch(clause);
});

it("a volume that nobody defines is kept by the engine", () => {
  expect(why(volume({ names: ["other"] }))).toMatch(/not defined in what was read/);
});

it("an external volume is what another file makes of it", () => {
  const external = volume({ external: true });
  const origin = { file: "b/compose.yaml", resource: "volume data" };
  expect(why(external, volume({ origin, options: { type: "nfs" } }))).toBeUndefined();
  expect(why(external, volume({ origin }))).toMatch(/kept by the engine/);
  expect(why(external, volume({ origin, external: true }))).toMatch(/it is external/);
});

it("of several volumes of a name, one that is kept is enough", () => {
  const nfs = volume({ options: { type: "nfs" } });
  expect(why(nfs, volume())).toMatch(/kept by the engine/);
});
