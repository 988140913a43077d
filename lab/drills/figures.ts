/**
 * What a drill came to, in one line that `make drills` reads; each drill ends its standard output with it, well or not.
 * Shell drills print the line themselves.
 */
export interface Figures {
  readonly acknowledged: number;
  readonly lost: number;
}

const pattern = /^figures: acknowledged=(\d+) lost=(\d+)$/m;

export const figuresLine = ({ acknowledged, lost }: Figures): string =>
  `figures: acknowledged=${acknowledged} lost=${lost}\n`;

/** @returns undefined for a drill in which nothing is acknowledged */
export function figuresIn(text: string): Figures | undefined {
  const [, acknowledged, lost] = pattern.exec(text) ?? [];
  return acknowledged === undefined ? undefined : { acknowledged: Number(acknowledged), lost: Number(lost) };
}

export const withoutFigures = (text: string): string => text.replace(pattern, "").trimEnd();
