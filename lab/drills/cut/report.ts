import { ruled } from "../../../cli/terminal";
import type { Figures } from "../figures";
import { spread, sum } from "../spread";
import { kinds, type Compared } from "./checks";
import type { Moment } from "./work";

export interface Round {
  /** What was called done just before the cut. */
  readonly moment: Moment;
  readonly both: boolean;
  /** The cut fell into a change of podman's secrets, and a further run put them back. */
  readonly emptied: boolean;
  readonly compared: readonly Compared[];
  readonly torn: readonly string[];
  /** From power on until PostgreSQL takes writes and MinIO answers, seconds. */
  readonly back: number;
  /** Seconds of each part of the round. */
  readonly took: Readonly<Record<string, number>>;
}

/** What fifty cuts came to, as a table for people. */
export function report(done: readonly Round[]): string {
  const of = (kind: string) => done.flatMap(({ compared }) => compared.filter((one) => one.kind === kind));
  const inRounds = (kind: string, has: (one: Compared) => boolean) => String(of(kind).filter(has).length);
  const untried = kinds.filter((kind) => of(kind).every(({ acknowledged }) => acknowledged === 0));
  const emptied = done.filter((round) => round.emptied).length;
  const back = spread(done.map((round) => round.back));
  return [
    ruled(
      ["acknowledged, or called done", "times", "in rounds", "lost", "in rounds"],
      kinds.map((kind) => [
        kind,
        String(sum(of(kind).map(({ acknowledged }) => acknowledged))),
        inRounds(kind, ({ acknowledged }) => acknowledged > 0),
        String(sum(of(kind).map(({ lost }) => lost.length))),
        inRounds(kind, ({ lost }) => lost.length > 0),
      ]),
      (column) => column > 0,
    ),
    "",
    `${done.length} cuts, ${done.filter(({ both }) => both).length} of them of desktop too. Torn or failed: ${sum(done.map(({ torn }) => torn.length))}, in ${done.filter(({ torn }) => torn.length > 0).length} rounds.`,
    `From power on to writes and objects: median ${back.median.toFixed(1)} s, longest ${back.most.toFixed(1)} s.`,
    ...(untried.length === 0
      ? []
      : [`Nothing was called done, so that nothing is shown, of: ${untried.join("; ")}.`]),
    ...(emptied === 0
      ? []
      : [
          `In ${emptied} rounds the cut fell into a change of podman's secrets and emptied them: the next change put them back.`,
        ]),
  ].join("\n");
}

export const figuresOf = (done: readonly Round[]): Figures => ({
  acknowledged: sum(done.flatMap(({ compared }) => compared.map(({ acknowledged }) => acknowledged))),
  lost: sum(done.flatMap(({ compared }) => compared.map(({ lost }) => lost.length))),
});

/** One round in a line. */
export function inShort({ moment, compared, took }: Round): string {
  const counts = compared.map(({ acknowledged }) => acknowledged).join(" ");
  const parts = Object.entries(took).map(([part, seconds]) => `${part} ${seconds.toFixed(1)}`);
  return `after ${moment}: acknowledged ${counts}; seconds: ${parts.join(", ")}`;
}

/** Why a round is not well, a line each; nothing for one that is. */
export const findings = (round: Round): string[] => [
  ...round.compared.flatMap(({ kind, lost }) =>
    lost.length === 0
      ? []
      : [`LOST of ${kind}: ${lost.slice(0, 5).join("; ")}${lost.length > 5 ? "; …" : ""}`],
  ),
  ...round.torn.map((text) => `TORN ${text}`),
];
