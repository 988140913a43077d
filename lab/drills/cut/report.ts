import { ruled } from "../../../cli/terminal";
import type { Figures } from "../figures";
import { spread } from "../spread";
import { kinds, type Compared } from "./checks";

export interface Round {
  readonly both: boolean;
  /** The cut fell into a change of podman's secrets, and a further run put them back. */
  readonly emptied: boolean;
  readonly compared: readonly Compared[];
  readonly torn: readonly string[];
  /** From power on until PostgreSQL takes writes and MinIO answers, seconds. */
  readonly back: number;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** What fifty cuts came to, as a table for people. */
export function report(done: readonly Round[]): string {
  const of = (kind: string) => done.flatMap(({ compared }) => compared.filter((one) => one.kind === kind));
  const emptied = done.filter((round) => round.emptied).length;
  const back = spread(done.map((round) => round.back));
  return [
    ruled(
      ["acknowledged, or called done", "times", "lost", "in rounds"],
      kinds.map((kind) => [
        kind,
        String(sum(of(kind).map(({ acknowledged }) => acknowledged))),
        String(sum(of(kind).map(({ lost }) => lost.length))),
        String(of(kind).filter(({ lost }) => lost.length > 0).length),
      ]),
      (column) => column > 0,
    ),
    "",
    `${done.length} cuts, ${done.filter(({ both }) => both).length} of them of desktop too. Torn or failed: ${sum(done.map(({ torn }) => torn.length))}, in ${done.filter(({ torn }) => torn.length > 0).length} rounds.`,
    `From power on to writes and objects: median ${back.median.toFixed(1)} s, longest ${back.most.toFixed(1)} s.`,
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

/** Why a round is not well, a line each; nothing for one that is. */
export const findings = (round: Round): string[] => [
  ...round.compared.flatMap(({ kind, lost }) =>
    lost.length === 0
      ? []
      : [`LOST of ${kind}: ${lost.slice(0, 5).join("; ")}${lost.length > 5 ? "; …" : ""}`],
  ),
  ...round.torn.map((text) => `TORN ${text}`),
];
