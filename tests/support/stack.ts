import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, parseDocument } from "yaml";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { hostPort, type NodeName } from "../../topology";
import { labTopology } from "./lab";

/** The lab's stacks, as a person works with them: through lab/pulumi. */
const root = join(__dirname, "../..");
const command = join(root, "lab/pulumi");
const quiet = ["--color", "never", "--non-interactive"];

export interface Run {
  /** The exit code of pulumi. */
  readonly code: number;
  /** What it said, both streams. */
  readonly text: string;
  readonly seconds: number;
}

/** Runs `lab/pulumi NODE ARGS…`; a failure is an answer, too. */
export function pulumi(node: NodeName, ...args: string[]): Run {
  const began = Date.now();
  const done = spawnSync(command, [node, ...args], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 ** 2,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 280_000,
  });
  if (done.error !== undefined) throw done.error;
  return {
    code: done.status ?? 255,
    text: `${done.stdout}\n${done.stderr}`,
    seconds: (Date.now() - began) / 1000,
  };
}

export const preview = (node: NodeName, ...args: string[]) => pulumi(node, "preview", ...quiet, ...args);
export const up = (node: NodeName, ...args: string[]) =>
  pulumi(node, "up", "--yes", "--skip-preview", ...quiet, ...args);
export const refresh = (node: NodeName, ...args: string[]) =>
  pulumi(node, "refresh", "--yes", "--skip-preview", ...quiet, ...args);
export const destroy = (node: NodeName, ...args: string[]) =>
  pulumi(node, "destroy", "--yes", "--skip-preview", ...quiet, ...args);

/** The run, when it went well. @throws Error with all that pulumi said */
export function well(run: Run): Run {
  if (run.code !== 0) throw new Error(`pulumi ended with ${run.code}:\n${run.text}`);
  return run;
}

/** @throws Error with the preview when an up would change anything of storage. */
export const nothingToChange = (): Run => well(preview("storage", "--expect-no-changes"));

/** What a stack hands out, passwords included. */
export function outputsOf(node: NodeName): unknown {
  const { text } = well(pulumi(node, "stack", "output", "--show-secrets", "--json"));
  return JSON.parse(text.slice(text.indexOf("{")));
}

/** What storage hands out, passwords included. */
export const handedOut = (): StorageOutputs => outputsOf("storage") as StorageOutputs;

/** A URL of desktop by the LAN: this computer is no member of the mesh, whose addresses are handed out where there is one. */
export const onLan = (url: string): string =>
  url.replace(/(?<=^\w+:\/\/)[^/]+/, (host) =>
    hostPort(labTopology().nodes.desktop.address, Number(/\d+$/.exec(host)?.[0])),
  );

/** Where NATS on desktop is, by the LAN, and the passwords of its users. */
export function natsHandedOut(): {
  readonly NATS_URL: string;
  readonly passwords: { readonly nats: Readonly<Record<string, string>> };
} {
  const { NATS_URL, passwords } = outputsOf("desktop") as ReturnType<typeof natsHandedOut>;
  return { NATS_URL: onLan(NATS_URL), passwords };
}

/** An up in a process group of its own, which {@link cut} ends at once with all its processes. */
export function beginUp(...args: string[]): { process: ChildProcess; ended: Promise<number> } {
  const process = spawn(command, ["storage", "up", "--yes", "--skip-preview", ...quiet, ...args], {
    cwd: root,
    detached: true,
    stdio: "ignore",
  });
  const ended = new Promise<number>((resolve) =>
    process.once("exit", (code) => {
      resolve(code ?? 255);
    }),
  );
  return { process, ended };
}

/** Descendants of a process, whatever group they moved to: plugins begin groups of their own. */
function family(pid: number): number[] {
  let children: string;
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  } catch {
    return [];
  }
  return children
    .split(" ")
    .filter((text) => text !== "")
    .flatMap((text) => [Number(text), ...family(Number(text))]);
}

/** SIGKILL to a run and all that it started. */
export async function cut(run: ReturnType<typeof beginUp>): Promise<void> {
  const pid = run.process.pid;
  if (pid === undefined) throw new Error("The run to cut off has not begun.");
  for (const each of [pid, ...family(pid)]) {
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // It has ended by itself meanwhile.
    }
  }
  await run.ended;
}

/** A stack's configuration, changed: what to give to pulumi so that the lab's own file stays as it is. */
export class ChangedConfig {
  readonly #folder = mkdtempSync(join(tmpdir(), "homelab-config-"));
  readonly #file: string;

  constructor(private readonly node: NodeName = "storage") {
    this.#file = join(this.#folder, `Pulumi.${node}.yaml`);
  }

  /** Arguments for pulumi. @param changes values by path; undefined takes one away */
  with(changes: readonly (readonly [path: readonly string[], value: unknown])[]): string[] {
    const document = parseDocument(readFileSync(join(root, `lab/state/Pulumi.${this.node}.yaml`), "utf8"));
    for (const [path, value] of changes) {
      if (value === undefined) document.deleteIn(["config", ...path]);
      else document.setIn(["config", ...path], document.createNode(value));
    }
    writeFileSync(this.#file, document.toString());
    return ["--config-file", this.#file];
  }

  /** A topology of its own, beside the configuration. @returns its path */
  topology(change: (topology: Topology) => void): string {
    const topology = parse(readFileSync(join(root, "lab/state/topology.yaml"), "utf8")) as Topology;
    change(topology);
    const path = join(this.#folder, "topology.yaml");
    writeFileSync(path, JSON.stringify(topology));
    return path;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The file as it is written, not as it is read. */
export interface Topology {
  nodes: Record<string, Record<string, unknown>>;
  [key: string]: unknown;
}
