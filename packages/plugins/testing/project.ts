import { type ChildProcess, spawn, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";

import { environment, root } from "./toolchain";

const steps = z.object({ steps: z.array(z.object({ op: z.string(), urn: z.string() })) });

const state = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          urn: z.string(),
          id: z.string().optional(),
          inputs: z.record(z.string(), z.unknown()).optional(),
          outputs: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .default([]),
  }),
});

/** A run of the CLI that goes on beside the test. */
export interface Run {
  readonly done: Promise<{ readonly status: number | null; readonly output: string }>;
  /** What it has printed so far. */
  printed(): string;
  /** What Ctrl-C does. */
  interrupt(): void;
}

/** A Pulumi project in a temporary folder, with its own state file and the repository's packages. */
export class Project {
  readonly folder = mkdtempSync(path.join(tmpdir(), "homelab-plugins-"));
  private readonly env: NodeJS.ProcessEnv;

  constructor(program: string) {
    this.env = {
      ...environment(),
      PULUMI_BACKEND_URL: `file://${this.folder}/state`,
      // Logins of whoever runs the tests stay out of it.
      PULUMI_CREDENTIALS_PATH: this.folder,
      PULUMI_CONFIG_PASSPHRASE: "of no use outside of this folder",
    };
    mkdirSync(path.join(this.folder, "state"));
    symlinkSync(path.join(root, "node_modules"), path.join(this.folder, "node_modules"));
    this.write(
      "Pulumi.yaml",
      "name: trial\nmain: index.ts\nruntime:\n  name: nodejs\n" +
        '  options: { typescript: false, nodeargs: "--import tsx" }\n',
    );
    this.write("package.json", '{ "name": "trial", "private": true }\n');
    this.program(program);
    this.mustRun("stack", "init", "one");
  }

  write(file: string, text: string): void {
    mkdirSync(path.dirname(path.join(this.folder, file)), { recursive: true });
    writeFileSync(path.join(this.folder, file), text);
  }

  /** Puts another program in place of the present one. */
  program(text: string): void {
    this.write("index.ts", text);
  }

  run(...args: string[]): SpawnSyncReturns<string> {
    const options = { cwd: this.folder, env: this.env, encoding: "utf8", maxBuffer: 1 << 26 } as const;
    return spawnSync("pulumi", [...args, "--non-interactive"], options);
  }

  /** Starts the CLI beside the test, with further variables in its environment; nothing is heard of what it prints. */
  begin(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn("pulumi", [...args, "--non-interactive"], {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdio: "ignore",
    });
  }

  /** The same, and listens. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
    const child = spawn("pulumi", [...args, "--non-interactive"], {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    return {
      done: new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (status) => {
          resolve({ status, output });
        });
      }),
      printed: () => output,
      interrupt: () => child.kill("SIGINT"),
    };
  }

  /** Runs the CLI. @throws with all that it printed, when it fails */
  mustRun(...args: string[]): string {
    const done = this.run(...args);
    if (done.status !== 0) {
      throw new Error(
        `pulumi ${args.join(" ")}: exit ${String(done.status)}\n${done.stdout}\n${done.stderr}`,
      );
    }
    return done.stdout;
  }

  up(...args: string[]): string {
    return this.mustRun("up", "--yes", "--skip-preview", ...args);
  }

  /** What a preview would do with each resource, by name: "same", "update", "replace", "create", … */
  plan(): Record<string, string> {
    const planned: Record<string, string> = {};
    for (const { op, urn } of steps.parse(JSON.parse(this.mustRun("preview", "--json", "--show-sames")))
      .steps) {
      // A replacement takes several steps.
      const short = op.includes("replace") ? "replace" : op;
      const name = urn.slice(urn.lastIndexOf("::") + 2);
      if (planned[name] !== "replace") planned[name] = short;
    }
    return planned;
  }

  /** What a preview would do with the resource of that name; "none" when it does not come up. */
  planned(name: string): string {
    return this.plan()[name] ?? "none";
  }

  /** The stack's outputs, secrets in clear. */
  outputs(): Record<string, unknown> {
    return z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(this.mustRun("stack", "output", "--json", "--show-secrets")));
  }

  /** The state as the backend keeps it, secrets encrypted. */
  stateText(): string {
    return this.mustRun("stack", "export");
  }

  /** A resource in the state. @throws when it is not there */
  resource(name: string): z.infer<typeof state>["deployment"]["resources"][number] {
    const found = state
      .parse(JSON.parse(this.stateText()))
      .deployment.resources.find((resource) => resource.urn.endsWith(`::${name}`));
    if (found === undefined) throw new Error(`no resource ${name} in the state`);
    return found;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
