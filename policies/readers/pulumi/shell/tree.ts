/** A shell text as a tree of commands. */

export type Part =
  | { readonly kind: "text"; readonly text: string; readonly quoted: boolean }
  /** `$name`, `${name}`; `plain` is false where an operator changes the value: `${name%x}`. */
  | {
      readonly kind: "variable";
      readonly name: string;
      readonly written: string;
      readonly plain: boolean;
      readonly quoted: boolean;
      /** What else stands in the braces; commands in it are run. */
      readonly rest: Word;
    }
  /** `$(…)`, backticks, `<(…)`. */
  | {
      readonly kind: "command";
      readonly body: readonly Command[];
      readonly written: string;
      readonly quoted: boolean;
    };

export type Word = readonly Part[];

export interface Redirect {
  readonly operator: string;
  /** File descriptor in front of it: "2" of `2>`. */
  readonly from: string;
  readonly target: Word;
  /** Text of a here-document. */
  readonly document?: Word;
}

export interface Assignment {
  readonly name: string;
  readonly append: boolean;
  readonly value: Word | readonly Word[];
}

export type Command =
  | {
      readonly kind: "simple";
      readonly assignments: readonly Assignment[];
      readonly words: readonly Word[];
      readonly redirects: readonly Redirect[];
    }
  | { readonly kind: "pipe"; readonly parts: readonly Command[] }
  /** Run one after the other, in this shell. */
  | { readonly kind: "group"; readonly body: readonly Command[]; readonly redirects: readonly Redirect[] }
  /** May be run or not: branches, loops, `||`, what runs in a shell of its own. */
  | { readonly kind: "maybe"; readonly body: readonly Command[]; readonly redirects: readonly Redirect[] }
  | {
      readonly kind: "for";
      readonly name: string;
      readonly words: readonly Word[] | undefined;
      readonly body: readonly Command[];
      readonly redirects: readonly Redirect[];
    }
  | { readonly kind: "function"; readonly name: string; readonly body: Command };

/** Why a text could not be taken apart; a clause. */
export class Unreadable extends Error {}
