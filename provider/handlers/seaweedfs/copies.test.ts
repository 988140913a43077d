import { expect, it } from "vitest";
import { bucketsOf, copyDifferences, volumesOf } from "./copies";

const volume = (id: number, replication: string) =>
  `          volume Id:${id}, Size:8, ReplicaPlacement:${replication}, Collection:kept, Version:3, Ttl:, FileCount:0 \n`;
const said = (nodes: Readonly<Record<string, string>>, stopped: readonly string[] = []) =>
  [
    "Topology volumeSizeLimit:64 MB hdd(volume:2/16 active:2 free:14 remote:0)\n",
    ...Object.values(nodes),
    "total size:0 file_count:0 \n* volume servers 2\n  * data center: DefaultDataCenter\n",
    ...stopped.map((node) => `    * rack: ${node}\n`),
    ...Object.keys(nodes).map((node) => `    * rack: ${node}\n      * 10.0.0.1:9334 (30GB 4.53 )\n`),
  ].join("");
const connection = { node: "storage", host: "10.0.0.1", port: 22, user: "root", hostKey: "" };
const both = { replication: "010" as const, other: { node: "desktop", filer: "10.0.0.2:9335" } };
const differs = (
  text: string,
  copies: { readonly replication: "000" | "010"; readonly other?: typeof both.other },
) => copyDifferences({ copies, connection }, volumesOf(text));

it("volumes that are kept once are a difference where each is to be kept twice, and what it is told puts that right", () => {
  const text = said({ storage: volume(1, "000") + volume(2, "010"), desktop: volume(2, "010") });
  expect(differs(text, both)).toEqual([
    {
      says: "1 of 2 volumes are kept once, and should be kept on desktop too.",
      commands: ["lock", "volume.configure.replication -replication 010", "unlock"],
    },
  ]);
  expect(differs(said({ storage: volume(2, "010"), desktop: volume(2, "010") }), both)).toEqual([]);
  expect(differs(said({ storage: volume(2, "010") }), { replication: "000" })[0]?.says).toContain(
    "kept twice",
  );
});

it("a node that is not there is no difference that a run could mend", () => {
  for (const stopped of [[], ["desktop"]])
    expect(() => differs(said({ storage: volume(1, "010") }, stopped), both)).toThrow(
      "desktop keeps the second copy of each object, and SeaweedFS there is not known to the one on storage: nothing can be put",
    );
});

it("an answer without volumes is no answer", () => {
  expect(() => volumesOf("error: no such master")).toThrow("does not say");
});

it("buckets are the names in a list of the filer's, and nothing else that its shell says", () => {
  expect(bucketsOf("> kept\nplain\nmaster: 10.0.0.1:9333 filers: [10.0.0.2:9335]\nI1129 start\n")).toEqual([
    "kept",
    "plain",
  ]);
});
