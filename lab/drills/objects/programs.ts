import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { S3Access } from "../../../packages/s3";

/** Programs of the house that put objects, and the bucket that each puts into. */
const bucketOf = { mlflow: "kept", dagster: "plain" } as const;
type ProgramName = keyof typeof bucketOf;
export const programNames = Object.keys(bucketOf) as ProgramName[];

/** One of them: the program itself, out of the lab's image, for as long as the drill takes; see program.py. */
export class Program {
  /** What was acknowledged since it began: number and path. */
  readonly acknowledged: { readonly n: number; readonly path: string }[] = [];
  /** Why it ended by itself. */
  failed = "";
  readonly #process: ChildProcessWithoutNullStreams;
  #waiting: (() => void) | undefined;

  private constructor(readonly name: ProgramName) {
    this.#process = spawn(join(__dirname, "program"), [name]);
    this.#process.stderr.resume();
    this.#process.stdin.on("error", () => undefined);
    this.#process.once("exit", () => {
      this.failed ||= `${name} has ended`;
      this.#waiting?.();
    });
    createInterface(this.#process.stdout).on("line", (line) => {
      this.#said(line);
    });
  }

  /** Started, and loaded. */
  static async start(name: ProgramName, { endpoint, user, secret }: S3Access): Promise<Program> {
    const made = new Program(name);
    const ready = made.#next();
    made.#tell({ endpoint, user, secret, bucket: bucketOf[name] });
    await ready;
    if (made.failed !== "") throw new Error(`${made.failed}: lab/drills/objects/program ${name} says why.`);
    return made;
  }

  #tell(line: object | undefined): void {
    this.#process.stdin.write(line === undefined ? "\n" : `${JSON.stringify(line)}\n`);
  }

  /** Until it says "ready" or "over". */
  #next(): Promise<void> {
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  #said(line: string): void {
    const put = /^(\d+) (\/.*)$/.exec(line);
    if (put !== null) this.acknowledged.push({ n: Number(put[1]), path: put[2] ?? "" });
    else if (line.startsWith("failed: ")) this.failed = `${this.name}: ${line.slice(8)}`;
    else if (["ready", "over"].includes(line)) this.#waiting?.();
  }

  begin(round: number, first: number): void {
    this.acknowledged.length = 0;
    this.failed = "";
    this.#over = this.#next();
    this.#tell({ round, first });
  }
  #over: Promise<void> = Promise.resolve();

  async end(): Promise<void> {
    this.#tell(undefined);
    await this.#over;
  }

  stop(): void {
    // unshare, which it becomes, takes no milder one.
    this.#process.kill("SIGKILL");
  }
}
