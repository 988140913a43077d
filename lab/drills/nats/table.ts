import { ruled } from "../../../cli/terminal";
import type { Figures } from "../figures";
import { spread, sum } from "../spread";

export interface Round {
  readonly acknowledged: number;
  readonly lost: readonly string[];
  readonly torn: readonly string[];
  /** From power on until a message is acknowledged, seconds. */
  readonly back: number;
}

/** The rounds with one value of `syncInterval`. */
export interface Setting {
  readonly syncInterval: string;
  readonly rounds: readonly Round[];
  /** What was there after its own cut, and was not after all of them. */
  readonly later: readonly string[];
  /** Messages of 1 KiB a second, by how many wait for their acknowledgement at a time. */
  readonly rates: Readonly<Record<number, number>>;
}

export const atOnce = [1, 64] as const;

const lostOf = (rounds: readonly Round[]) => sum(rounds.map(({ lost }) => lost.length));

export function table(settings: readonly Setting[]): string {
  return ruled(
    [
      ...[
        "syncInterval",
        "cuts",
        "acknowledged",
        "lost",
        "in rounds",
        "lost later",
        "torn",
        "back (median / longest)",
      ],
      ...atOnce.map((count) => `messages/s, ${count} at once`),
    ],
    settings.map(({ syncInterval, rounds, later, rates }) => {
      const back = spread(rounds.map((round) => round.back));
      return [
        syncInterval,
        String(rounds.length),
        String(sum(rounds.map(({ acknowledged }) => acknowledged))),
        String(lostOf(rounds)),
        String(rounds.filter(({ lost }) => lost.length > 0).length),
        String(later.length),
        String(sum(rounds.map(({ torn }) => torn.length))),
        `${back.median.toFixed(1)} / ${back.most.toFixed(1)} s`,
        ...atOnce.map((count) => (rates[count] ?? 0).toFixed(0)),
      ];
    }),
    (column) => column > 0,
  ).concat("\n");
}

/** Of the house's default only: what the other one loses is what it is measured for. */
export const figuresOf = ({ rounds, later }: Setting): Figures => ({
  acknowledged: sum(rounds.map(({ acknowledged }) => acknowledged)),
  lost: lostOf(rounds) + later.length,
});
