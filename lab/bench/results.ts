/** One measured run. */
export interface Sample {
  readonly tool: string;
  /** `first`, `again`, `preview`, or a further way of running the same tool. */
  readonly what: string;
  readonly milliseconds: number;
}

/** An aim with what was measured. */
export interface Aim {
  readonly text: string;
  readonly met: boolean;
}

/** Lines `TOOL<tab>WHAT<tab>MILLISECONDS`. @throws Error for any other line. */
export function parseSamples(text: string): Sample[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [tool, what, took] = line.split("\t");
      const milliseconds = Number(took);
      if (tool === undefined || what === undefined || !(milliseconds >= 0))
        throw new Error(`${JSON.stringify(line)} is no sample.`);
      return { tool, what, milliseconds };
    });
}

/** Of an even number, the mean of the middle two; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}

/** Seconds, the median of a tool's runs of one kind. */
function seconds(samples: readonly Sample[], tool: string, what: string): number | undefined {
  const of = samples.filter((sample) => sample.tool === tool && sample.what === what);
  const middle = median(of.map((sample) => sample.milliseconds));
  return middle === undefined ? undefined : middle / 1000;
}

const own = "homelab";
const peers = ["pyinfra", "ansible"] as const;

/** The table, as Markdown. */
export function table(samples: readonly Sample[]): string {
  const tools = [...new Set(samples.map(({ tool }) => tool))];
  const floor = seconds(samples, "floor", "first");
  const rows = tools.map((tool) => {
    const first = seconds(samples, tool, "first");
    const both = first === undefined || floor === undefined ? undefined : { first, floor };
    return [
      tool,
      shown(first),
      both === undefined ? "" : `${(both.first / both.floor).toFixed(2)}×`,
      both === undefined ? "" : shown(both.first - both.floor),
      shown(seconds(samples, tool, "again")),
      shown(seconds(samples, tool, "preview")),
    ];
  });
  const head = [
    "tool",
    "first, s",
    "to the floor",
    "above the floor, s",
    "nothing to change, s",
    "preview, s",
  ];
  return grid([head, ...rows]);
}

/** What the program is meant to reach beside the others. Without the samples for it, an aim is left out. */
export function aims(samples: readonly Sample[]): Aim[] {
  const floor = seconds(samples, "floor", "first");
  const above = (tool: string) => {
    const first = seconds(samples, tool, "first");
    return first === undefined || floor === undefined ? undefined : first - floor;
  };
  const again = (tool: string) => seconds(samples, tool, "again");
  const [pyinfra, ansible] = peers;
  return [
    aim("first up, above the floor: at most 1/4 of Ansible's", above(own), above(ansible), 1 / 4),
    aim("first up, above the floor: below pyinfra's", above(own), above(pyinfra), 1),
    aim("up without changes: at most 1/10 of Ansible's", again(own), again(ansible), 1 / 10),
    aim("up without changes: at most 1/2 of pyinfra's", again(own), again(pyinfra), 1 / 2),
  ].flatMap((one) => (one === undefined ? [] : [one]));
}

function aim(
  text: string,
  ours: number | undefined,
  theirs: number | undefined,
  share: number,
): Aim | undefined {
  if (ours === undefined || theirs === undefined) return undefined;
  const limit = theirs * share;
  return { text: `${text}: ${shown(ours)} s, limit ${shown(limit)} s`, met: ours <= limit };
}

/** What the further ways of running our program cost beside the plain one. */
export function further(samples: readonly Sample[]): string[] {
  const plain = seconds(samples, own, "again");
  const line = (what: string, text: string) => {
    const took = seconds(samples, own, what);
    if (took === undefined || plain === undefined) return [];
    return [`${text}: ${shown(took)} s, ${shown(took - plain)} s more.`];
  };
  return [
    ...line("again-as-typed", "`pulumi up` without changes, with the preview that it makes first"),
    ...line("again-policies", "`pulumi up --policy-pack policies` without changes"),
  ];
}

const shown = (value: number | undefined) => (value === undefined ? "" : value.toFixed(1));

/** Rows, the first of which is the head, as a table in Markdown. */
export function grid(rows: readonly string[][]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? "-".repeat(width) : `${"-".repeat(Math.max(1, width - 1))}:`,
  );
  const [first = "", ...rest] = rows.map(line);
  return [first, `| ${rule.join(" | ")} |`, ...rest].join("\n");
}
