import type { StatusSaid, statusSections } from "../../remote/status";

export type Section = (typeof statusSections)[number];

/** What a node said, by kinds of lines. */
export class Facts {
  constructor(readonly said: StatusSaid) {}

  /** Of each line of a kind: what follows. */
  all(kind: string): readonly (readonly string[])[] {
    return this.said.rows.filter(([first]) => first === kind).map((row) => row.slice(1));
  }

  /** Of each line of a kind about one thing: what follows its name. */
  about(kind: string, name: string): readonly (readonly string[])[] {
    return this.all(kind)
      .filter(([first]) => first === name)
      .map((row) => row.slice(1));
  }

  /** Whether all of a section was said. */
  done(section: Section): boolean {
    return this.about("done", section).length > 0;
  }

  /** The node's clock, seconds; ours may differ. */
  get now(): number {
    return Number(this.all("now")[0]?.[0] ?? Date.now() / 1000);
  }
}
