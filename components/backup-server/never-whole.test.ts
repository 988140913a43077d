import { afterEach, beforeEach, expect, it } from "vitest";
import { Played } from "./testing";

/** A repository whose creation was cut off: restic refuses to create it again as long as a key lies there. */
let played: Played;
beforeEach(() => {
  played = new Played();
  played.file("backup/repository/compute/keys/1234", "a key");
  played.directory("backup/repository/compute/data/00");
});
afterEach(() => {
  played.remove();
});

const keysAfter = (minutes: number) =>
  played.bash(
    `source ${played.scripts}/lib.sh && source ${played.scripts}/restic-lib.sh && never_whole compute ${minutes} && ls ${played.backup}/repository/compute/keys`,
  ).said;

it("loses its key, so that it can be created again", () => {
  expect(keysAfter(0)).toBe("");
});

it.each([
  ["it may be created just now", 10, ""],
  ["it has a configuration", 0, "config"],
  ["it has a snapshot", 0, "snapshots/5678"],
  ["it has data", 0, "data/00/9abc"],
])("keeps its key when %s", (_when, minutes, path) => {
  if (path !== "") played.file(`backup/repository/compute/${path}`, "something");
  expect(keysAfter(minutes)).toBe("1234\n");
});
