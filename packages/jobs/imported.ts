import { free } from "./name";
import type { WrittenJob } from "./schema";
import type { Source } from "./source";

/** One thing to know: something that was not taken over, or that is not what it seems. */
export interface Finding {
  /** File and line, or the timer. */
  readonly place: string;
  readonly says: string;
  /** Whether there is no job for it. */
  readonly left: boolean;
}

export interface ImportedJob {
  readonly name: string;
  readonly job: WrittenJob & { readonly from: string };
  readonly remarks: readonly string[];
  /** The crontab's line that it comes from, if it is one of its own. */
  readonly line?: { readonly path: string; readonly number: number };
}

export interface Imported {
  readonly jobs: readonly ImportedJob[];
  readonly findings: readonly Finding[];
}

/** Collects what is found on the way. */
export class Import {
  readonly jobs: ImportedJob[] = [];
  readonly findings: Finding[] = [];
  readonly taken: Set<string>;

  constructor(
    readonly source: Source,
    readonly now: number,
    taken: Iterable<string>,
  ) {
    this.taken = new Set(taken);
  }

  leave(place: string, says: string): void {
    this.findings.push({ place, says: `${says}.`, left: true });
  }

  note(place: string, says: string): void {
    this.findings.push({ place, says: `${says}.`, left: false });
  }

  add(name: string, job: ImportedJob["job"], remarks: readonly string[], line?: ImportedJob["line"]): void {
    const unique = free(name, this.taken);
    this.taken.add(unique);
    for (const remark of remarks) this.note(job.from, remark);
    this.jobs.push({ name: unique, job, remarks, ...(line === undefined ? {} : { line }) });
  }
}
