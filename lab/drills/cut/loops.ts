import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { NodeName } from "../../../topology";

/** Work that goes on beside each other until the power is cut. */
const ssh = join(__dirname, "../../ssh");

export interface Ended {
  readonly code: number;
  readonly text: string;
}

/** With all that it started. */
function endGroup(one: ChildProcess): void {
  if (one.pid === undefined || one.exitCode !== null || one.signalCode !== null) return;
  try {
    process.kill(-one.pid, "SIGKILL");
  } catch {
    // It has ended by itself meanwhile.
  }
}

export class Loops {
  #over = false;
  readonly #running = new Set<ChildProcess>();
  readonly #loops: Promise<void>[] = [];
  /** What failed although the power was on: a finding, whatever came back afterwards. */
  readonly failures: string[] = [];

  /** Does it again and again. A failure after the cut is the cut's. */
  repeat(what: string, once: () => Promise<void>): void {
    this.#loops.push(
      (async () => {
        while (this.#goesOn()) {
          try {
            await once();
          } catch (error) {
            // The timers' own runs are at work too.
            if (this.#goesOn() && !/ is at work[,:]/.test(String(error)))
              this.failures.push(`${what}: ${String(error)}`);
          }
        }
      })(),
    );
  }

  #goesOn(): boolean {
    return !this.#over;
  }

  /** A program that goes on by itself, and what it says, line by line. */
  goesOn(program: string, args: readonly string[], hear: (line: string) => void): void {
    const begun = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
    this.#running.add(begun);
    let rest = "";
    begun.stdout.on("data", (data: Buffer) => {
      const lines = (rest + data.toString()).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(hear);
    });
  }

  fails(text: string): void {
    if (this.#goesOn()) this.failures.push(text);
  }

  /** A command on a node. @throws Error with what it said when it does not end with 0, whoever ended it */
  async on(node: NodeName, command: string, input = ""): Promise<string> {
    const begun = spawn(ssh, [node, command], { stdio: ["pipe", "pipe", "pipe"], detached: true });
    this.#running.add(begun);
    const said: Buffer[] = [];
    begun.stdin.on("error", () => undefined);
    begun.stdout.on("data", (data: Buffer) => said.push(data));
    begun.stderr.on("data", (data: Buffer) => said.push(data));
    begun.stdin.end(input);
    const code = await new Promise<number>((resolve) =>
      begun.once("close", (status) => {
        resolve(status ?? 255);
      }),
    );
    this.#running.delete(begun);
    const text = Buffer.concat(said).toString();
    if (code !== 0)
      throw new Error(`'${command}' on ${node} ended with ${code}: ${text.trim().slice(-2000)}`);
    return text;
  }

  /** From here on nothing counts as a failure. To be called just before the power is cut. */
  expectTheCut(): void {
    this.#over = true;
  }

  async end(): Promise<void> {
    this.#over = true;
    for (const each of this.#running) endGroup(each);
    await Promise.allSettled(this.#loops);
  }
}
