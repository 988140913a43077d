/** The fixtures: files whose first comments say what the rule says of them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Topology } from "./engine/topology";

/** What a file is expected to be. */
export interface Expectation {
  readonly path: string;
  /** "ok", "error", or the names of the rules it breaks. */
  readonly violations: readonly string[];
  readonly exemptions: readonly string[];
  readonly error: boolean;
  /** How many violations, where the first lines or a last one say it. */
  readonly rows?: number;
}

/** Files that are judged together. */
export interface Fixture {
  readonly name: string;
  readonly paths: readonly string[];
  readonly expectations: readonly Expectation[];
  /** Judged by the placement it states, not as moved to the on-demand node. */
  readonly placed: boolean;
  /** Several objects, of which each alone is what all of them are. */
  readonly each: boolean;
}

const root = join(__dirname, "fixtures");

/** The nodes all fixtures are judged against. */
export const fixtureTopology: Topology = {
  nodes: [
    {
      name: "storage",
      lifecycle: "always-on",
      addresses: ["192.168.1.11"],
      labels: { disk: "raid" },
      taints: [],
    },
    { name: "desktop", lifecycle: "always-on", addresses: ["192.168.1.12"], labels: {}, taints: [] },
    {
      name: "compute",
      lifecycle: "on-demand",
      addresses: ["192.168.1.13"],
      labels: { gpu: "yes" },
      taints: [],
    },
  ],
  networkClasses: ["nfs-client"],
};

/** All fixtures: a file each, or a folder of files that belong together. */
export function fixtures(): readonly Fixture[] {
  return readdirSync(root)
    .sort()
    .flatMap((rule) =>
      readdirSync(join(root, rule))
        .sort()
        .filter((name) => !name.endsWith(".expect"))
        .map((name) => fixture(`${rule}/${name}`)),
    );
}

function fixture(name: string): Fixture {
  const paths = filesOf(join(root, name));
  const expectations = paths.flatMap((path) => expectationOf(path) ?? []);
  const says = (what: RegExp): boolean => paths.some((path) => what.test(headerOf(path)));
  return { name, paths, expectations, placed: says(/^# placed$/m), each: says(/^# each$/m) };
}

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesOf(join(path, name)))
    .filter((file) => !file.endsWith(".expect"));
}

function headerOf(path: string): string {
  const beside = statSync(`${path}.expect`, { throwIfNoEntry: false });
  return readFileSync(beside === undefined ? path : `${path}.expect`, "latin1").slice(0, 1000);
}

function expectationOf(path: string): Expectation | undefined {
  const stated = /^(?:# )?expect: (.*)$/m.exec(headerOf(path))?.[1]?.trim().split(/\s+/);
  if (stated === undefined) return undefined;
  const exempt = stated.indexOf("exempt");
  const rows = /^# rows (\d+)$/m.exec(readFileSync(path, "latin1"))?.[1];
  const rules = exempt < 0 ? stated : stated.slice(0, exempt);
  return {
    path,
    violations: rules.filter((word) => word !== "ok" && word !== "error").sort(),
    exemptions: exempt < 0 ? [] : stated.slice(exempt + 1).sort(),
    error: stated.includes("error"),
    ...(rows === undefined ? {} : { rows: Number(rows) }),
  };
}
