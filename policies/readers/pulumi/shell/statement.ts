import type { Told } from "../../../engine/facts";

/** A command as a text runs it. */
export interface Statement {
  /** The words, quoted where they need it. */
  readonly text: string;
  readonly words: readonly string[];
  /** Places of the words of which a part is not told by the text. */
  readonly open: ReadonlySet<number>;
  /** Variables set for it. */
  readonly env: Readonly<Record<string, string>>;
  /** Here-document, here-string, or why what it reads is not known. */
  readonly fed?: Told<string>;
  /** File that it reads. */
  readonly reads?: string;
  /** File that its output goes to, and whether it is added to it. */
  readonly into?: string;
  readonly appends?: boolean;
  /** The command whose output it reads. */
  readonly from?: Statement;
}
