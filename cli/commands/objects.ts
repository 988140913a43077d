import { HomelabCommand, type NodeOptions } from "../program/command";
import type { ObjectsVerb } from "./objects/run";

const verbs: Readonly<Record<ObjectsVerb, string>> = {
  plan: "show what would be copied, what the other engine cannot take, what to know; nothing is changed",
  run: "copy what the other engine lacks, until nothing is left; may be stopped anywhere and run again",
  verify: "compare every version in both: size, tag, checksum, metadata and tags",
  switch:
    "with consumers that only read: copy the rest, compare, note that both hold the same, and say what to set",
};

export const objects = () =>
  new HomelabCommand("objects")
    .summary("move the objects from one engine of the object store to the other")
    .description("What the house keeps in S3. See docs/components/object-store.md.")
    .example("homelab objects migrate plan", "what would be copied")
    .verbs(
      new HomelabCommand("migrate")
        .summary("move the objects from one engine of the object store to the other")
        .description(
          "Copies every version of every object from the engine that serves S3 (`homelab:objectStore.engine`) to the one beside it (`beside`), in order, while clients write. After the two have changed places, the same commands go back. What it does step by step: docs/runbooks/move-objects.md.",
        )
        .example("homelab objects migrate run", "copies; clients go on")
        .example("homelab objects migrate switch", "the last part, with consumers that only read")
        .verbs(
          verb("plan").exits(1, "the other engine cannot take all of it, or it failed"),
          verb("run").exits(1, "something is left, or it failed: run it again"),
          reads(verb("verify")).exits(0, "both hold the same").exits(1, "they differ, or it failed"),
          reads(verb("switch")).exits(1, "they differ, consumers may write, or it failed"),
        ),
    );

function verb(name: ObjectsVerb): HomelabCommand {
  return new HomelabCommand(name)
    .description(`${verbs[name][0]?.toUpperCase() ?? ""}${verbs[name].slice(1)}.`)
    .house()
    .runs(async (options: NodeOptions & { readonly read?: boolean }) => {
      const { migrateObjects } = await import("./objects/run");
      return migrateObjects(name, options);
    });
}

const reads = (command: HomelabCommand) =>
  command.option("--read", "read both whole, and compare what they hold byte for byte", false);
