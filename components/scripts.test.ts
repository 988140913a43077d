import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(__dirname, "..");
const scripts = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".sh"))
  .sort();
const here = spawnSync("shellcheck", ["--version"]).status === 0;

it("finds the scripts that run on the nodes", () => {
  expect(scripts).toContain("postgres-node/scripts/settle.sh");
});

it.skipIf(!here).each(scripts)("%s passes shellcheck", (path) => {
  const { stdout, status } = spawnSync("shellcheck", [join(__dirname, path)], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

/** Every script that runs on a node, from the root. */
const onNodes = ["components", "remote/agent", "services/files"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".sh"))
    .map((path) => `${folder}/${path}`),
);

/** What is put in a file's place without being on the disk, and why that is right. */
const unsynced: Readonly<Record<string, string>> = {
  "components/backup-server/scripts/buckets.sh": "a list of its own run",
  "components/health-watch/scripts/health.sh $notes/$1.new": "in /run, where no power cut leaves anything",
  "components/node-firewall/scripts/firewall.sh": "in /run",
  "components/power/scripts/idle.sh": "in /run",
  "remote/agent/migration.sh /tmp/list.new": "of its own run, in a container",
  "remote/agent/unit-apply.sh $kept/healthy.new": "a link",
  "remote/agent/unit-apply.sh $kept/theirs.new": "`note` has it on the disk",
};

const escaped = (text: string) => text.replace(/[$.{}*/]/g, "\\$&");

/** Lines that put a new file in its place while it may not be on the disk: a power cut leaves an empty one there. */
function renamedTooEarly(text: string): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, at) => {
    const [, source = ""] =
      /^(?!\s*#).*\bmv(?: -\w+)*(?: --)? "?([^\s"]*(?:\.new|\.part|\.image|\$part))"? /.exec(line) ?? [];
    const before = lines.slice(Math.max(0, at - 8), at + 1).join("\n");
    return source === "" ||
      /\bsync -f /.test(before) ||
      new RegExp(`\\b(sync|settle)\\b[^\\n]*${escaped(source)}`).test(before)
      ? []
      : [source];
  });
}

it("finds a file that is put in place before it is on the disk", () => {
  expect(renamedTooEarly('cat >"$a.new"\nmv -T -- "$a.new" "$a"')).toEqual(["$a.new"]);
  expect(renamedTooEarly('cat >"$a.new"\nsync -- "$a.new"\nmv -T -- "$a.new" "$a"')).toEqual([]);
});

it.each(onNodes)("%s puts no file in its place that a power cut could leave empty", (path) => {
  const found = renamedTooEarly(readFileSync(join(root, path), "utf8"));
  expect(found.filter((source) => !(path in unsynced) && !(`${path} ${source}` in unsynced))).toEqual([]);
});

/** Runs of a container whose output the script takes or passes on, and which podman's own log would hold once more. */
const loggedTwice = (text: string): string[] =>
  [...text.replaceAll("\\\n", " ").matchAll(/^(?!\s*#).*\bpodman run .*$/gm)]
    .map(([line]) => line)
    .filter((line) => !/--detach\b|--log-driver none\b/.test(line));

it.each(onNodes)("%s puts what a container says into no journal a second time", (path) => {
  expect(loggedTwice(readFileSync(join(root, path), "utf8"))).toEqual([]);
});

/** Files of another name each time, in a directory that stays: those of runs that a power cut ended would be there for ever. */
const leftBehind = (text: string) =>
  [...text.matchAll(/^(?!\s*#).*\bmktemp "\$(?:directory|metrics|METRICS_DIRECTORY)\/[^"]*"/gm)].map(
    ([line]) => line,
  );

it.each(onNodes)("%s leaves no half of a file of metrics behind that no later run takes away", (path) => {
  expect(leftBehind(readFileSync(join(root, path), "utf8"))).toEqual([]);
});
