import { setTimeout as sleep } from "node:timers/promises";
import { refusal, s3Request, type S3Access, type S3Answer, type S3Request } from "../../../packages/s3";
import { older, type Found } from "../nats/compare";
import type { Program } from "./programs";

/** The bucket that keeps former versions, and the one that does not. */
export const buckets = { kept: { versioned: true }, plain: { versioned: false } };

/** What object number N holds: a few bytes up to some pages, and now and then nearly a megabyte. */
const contentOf = (n: number): string => `${n} ${"y".repeat(n % 9 === 0 ? 900_000 : (n * 7919) % 20_000)}`;

/** Dagster's are pickled: its text begins with `=`, and a few bytes come after it. */
function numberIn(body: string): number | undefined {
  const text = /=(\d+ y*)[^=y]*$/.exec(body)?.[1] ?? body;
  const n = Number.parseInt(text, 10);
  return Number.isSafeInteger(n) && contentOf(n) === text ? n : undefined;
}

export interface Acknowledged {
  /** The last number of each path. */
  readonly last: ReadonlyMap<string, number>;
  /** How often each path was put; in a bucket with versions as many have to be there. */
  readonly puts: ReadonlyMap<string, number>;
  readonly failures: readonly string[];
}

export const count = ({ puts }: Acknowledged): number => [...puts.values()].reduce((sum, n) => sum + n, 0);

/** Clients that put new objects, and overwrite others, in both buckets, beside the house's own programs. */
export class Clients {
  readonly #last = new Map<string, number>();
  readonly #puts = new Map<string, number>();
  readonly #failures: string[] = [];
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[];
  #over = false;

  constructor(
    private readonly access: S3Access,
    round: number,
    private next: number,
    private readonly programs: readonly Program[] = [],
  ) {
    // Numbers of a key only grow; a program has keys of its own.
    for (const program of programs) program.begin(round, next);
    this.#loops = Object.keys(buckets).flatMap((bucket) => [
      this.#loop((i) => `/${bucket}/${round}/again-${i % 5}`),
      this.#loop((i) => `/${bucket}/${round}/more-${i % 5}`),
      this.#loop((i) => `/${bucket}/${round}/new-${i}`),
    ]);
  }

  async #loop(path: (i: number) => string): Promise<void> {
    try {
      for (let i = 0; !this.#over; i += 1) {
        const n = this.next++;
        const to = path(i);
        const put = { method: "PUT", path: to, body: contentOf(n) } as const;
        const answer = await s3Request(this.access, put, this.#stop.signal);
        if (refusal(answer) !== "") throw new Error(`PUT ${to} is answered ${refusal(answer)}`);
        this.#note(to, n);
      }
    } catch (error) {
      if (!this.#over) this.#failures.push(`failed before the cut: ${String(error)}`);
    }
  }

  #note(path: string, n: number): void {
    this.#last.set(path, n);
    this.#puts.set(path, (this.#puts.get(path) ?? 0) + 1);
  }

  /**
   * Until something was acknowledged in each bucket, and to each program: one that has just been started may take its time
   * with the first.
   */
  async until(): Promise<void> {
    const idle = (bucket: string) => ![...this.#puts.keys()].some((path) => path.startsWith(`/${bucket}/`));
    const waits = () =>
      Object.keys(buckets).some(idle) ||
      this.programs.some(({ acknowledged, failed }) => acknowledged.length === 0 && failed === "");
    for (const end = Date.now() + 60_000; waits() && Date.now() < end;) await sleep(50);
  }

  /**
   * @param cut takes the power away; clients go on while it does
   * @param kill ends the engine, so that a program's request ends, too
   */
  async end(cut: () => Promise<unknown>, kill: () => Promise<unknown>): Promise<Acknowledged> {
    const failures = [...this.#failures, ...this.programs.map(({ failed }) => failed)].filter(
      (text) => text !== "",
    );
    const ended = cut();
    this.#over = true;
    await ended;
    this.#stop.abort();
    await Promise.allSettled(this.#loops);
    await kill();
    for (const program of this.programs) {
      await program.end();
      for (const { n, path } of program.acknowledged) this.#note(path, n);
    }
    return { last: this.#last, puts: this.#puts, failures };
  }
}

const never = new AbortController().signal;

/** An engine that has just started says for a while that it cannot answer yet: what it goes on saying is its answer. */
async function patiently(access: S3Access, request: S3Request): Promise<S3Answer> {
  const end = Date.now() + 30_000;
  for (;;) {
    const answer = await s3Request(access, request, never);
    if (answer.status < 500 || Date.now() > end) return answer;
    await sleep(200);
  }
}

/** What is there of what was acknowledged. */
export async function compare(access: S3Access, { last, puts }: Acknowledged): Promise<Found> {
  const there = new Map<string, string>();
  const lost: string[] = [];
  const queue = [...last.keys()];
  const reader = async () => {
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      const answer = await patiently(access, { method: "GET", path });
      if (answer.status === 200) there.set(path, answer.body);
      else if (answer.status !== 404) there.set(path, `GET is answered ${refusal(answer)}`);
      if (!path.startsWith("/kept/")) continue;
      const prefix = path.slice("/kept/".length);
      const versions = await patiently(access, {
        method: "GET",
        path: "/kept",
        query: { versions: "", prefix },
      });
      const found = versions.body
        .split("<Version>")
        .slice(1)
        .filter((one) => one.includes(`<Key>${prefix}</Key>`)).length;
      const wanted = puts.get(path) ?? 0;
      if (found < wanted) lost.push(`${path} was put ${wanted} times and has ${found} versions`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, reader));
  const newest = older(last, there, numberIn);
  return { lost: [...lost, ...newest.lost], torn: newest.torn };
}
