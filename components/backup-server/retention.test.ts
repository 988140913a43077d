import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Played } from "./testing";

let played: Played;
beforeEach(() => {
  played = new Played();
});
afterEach(() => {
  played.remove();
});

it("a repository that does not say which snapshots it has is not one without snapshots, whoever asks and however", () => {
  const scripts = ["lib.sh", "restic-lib.sh", "retention.sh"].map((name) => join(played.scripts, name));
  const { said } = played.bash(
    `source "$1"; source "$2"; source "$3"
silent() { echo 'Fatal: unable to open repository' >&2; return 1; }
snapshots_of silent || echo 'does not answer'
list=$(snapshots_of silent || echo 'does not answer here')
echo "$list"`,
    ...scripts,
  );
  expect(said.split("\n").filter((line) => line !== "" && !line.startsWith("Fatal"))).toEqual([
    "does not answer",
    "does not answer here",
  ]);
});
