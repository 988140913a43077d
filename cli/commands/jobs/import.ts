import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import {
  importJobs,
  readJobs,
  writeJobs,
  type Finding,
  type ImportedJob,
  type Source,
} from "../../../packages/jobs";
import type { SeenCrontabs } from "../../../remote/crontabs";
import type { NodeName } from "../../../topology";
import type { NodeOptions, OutputOptions } from "../../program/command";
import { complain, withNodes, print, printJson } from "../nodes";

export interface ImportOptions {
  readonly into?: string;
  readonly user?: string;
  readonly timezone: string;
  readonly cron: "debian" | "cronie";
  readonly disable: boolean;
  readonly only: readonly string[];
}

type Options = ImportOptions & NodeOptions & OutputOptions;

/** Reads what begins by the clock, and writes it as jobs. */
export async function runImport(options: Options, node: NodeName, files: readonly string[]): Promise<number> {
  if (options.disable && (options.into === undefined || files.length > 0))
    throw new Error(
      "--disable changes a node's crontabs after their jobs were written: it needs --into FILE, and no files.",
    );
  if (files.length > 0) {
    write(options, fromFiles(options, node, files));
    return 0;
  }
  return withNodes(options, async ({ connection }) => {
    const { disableLines, lookAtCrontabs } = await import("../../../remote/crontabs");
    const { signal } = new AbortController();
    const seen = await lookAtCrontabs(connection(node), signal);
    for (const name of seen.odd) complain(`${node}: a file with such a name is not read: ${name}`);
    const added = write(options, fromNode(node, seen));
    if (!options.disable) return 0;
    const lines = added.flatMap(({ name, line }) => {
      const file = seen.files.find(({ path }) => path === line?.path);
      return line === undefined || file === undefined
        ? []
        : [{ path: line.path, sha256: file.sha256, number: line.number, name }];
    });
    if (lines.length > 0) await disableLines(connection(node), lines, signal);
    complain(`${lines.length} lines of crontabs on ${node} are comments now.`);
    return 0;
  });
}

function fromFiles({ user, timezone, cron }: Options, node: NodeName, paths: readonly string[]): Source {
  return {
    ...{ node, zone: timezone, cron, systemd: true, anacron: false, scripts: [], timers: [] },
    files: paths.map((path) => ({
      ...{ path, text: readFileSync(path, "utf8") },
      ...(user === undefined ? {} : { user }),
    })),
  };
}

/** By the package that it is of, or its program's name. */
const crons = new Map<string, Source["cron"]>([
  ["cron", "debian"],
  ["cronie", "cronie"],
  ["crond", "cronie"],
  ["none", "none"],
]);

function fromNode(node: NodeName, seen: SeenCrontabs): Source {
  const packaged = (name: string) => (name === "" ? {} : { package: name });
  return {
    ...{ node, zone: seen.zone, systemd: seen.systemd, anacron: seen.anacron, users: new Set(seen.users) },
    cron: crons.get(seen.cron) ?? "unknown",
    files: seen.files.map(({ path, user, package: owner, text, owner: who, mode, links, regular }) => ({
      ...{ path, text, stat: { owner: who, mode, links, regular } },
      ...(user === "" ? {} : { user }),
      ...packaged(owner),
    })),
    scripts: seen.scripts.map(({ path, executable, package: owner }) => ({
      path,
      executable,
      ...packaged(owner),
    })),
    timers: seen.timers.map(({ name, text, active, package: owner }) => ({
      ...{ name, text, active },
      ...packaged(owner),
    })),
  };
}

/** @returns what is new in the file */
function write({ into, output, only }: Options, source: Source): readonly ImportedJob[] {
  const former = into !== undefined && existsSync(into) ? readFileSync(into, "utf8") : "";
  const where = into ?? "jobs.yaml";
  const now = Math.floor(Date.now() / 60_000);
  const all = importJobs(source, Object.keys(readJobs(former, where)), now);
  const wanted = (place: string) =>
    only.length === 0 ||
    only.some((one) => place === one || place.startsWith(`${one}:`) || place.startsWith(`${one}#`));
  const found = {
    jobs: all.jobs.filter(({ job }) => wanted(job.from)),
    findings: all.findings.filter(({ place }) => wanted(place)),
  };
  const { text, added } = writeJobs(former, found, where);
  if (into !== undefined) {
    writeFileSync(`${into}.new`, text);
    renameSync(`${into}.new`, into);
  }
  if (output === "json")
    printJson({
      jobs: Object.fromEntries(added.map(({ name, job }) => [name, job])),
      findings: found.findings,
    });
  else {
    if (into === undefined) print(text.trimEnd());
    for (const finding of found.findings) complain(sentence(finding));
  }
  const left = found.findings.filter((finding) => finding.left).length;
  const known = found.jobs.length - added.length;
  complain(
    `Jobs taken over: ${added.length}${known > 0 ? `, there already: ${known}` : ""}; left: ${left}; remarks: ${found.findings.length - left}.`,
  );
  return added;
}

const sentence = ({ place, says, left }: Finding) => `${place}: ${left ? "not taken over: " : ""}${says}`;
