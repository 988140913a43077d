/** What the policy pack adds to a preview: `tsx lab/bench/policy/preview.ts [COUNT] [RUNS]`. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pulumiHome } from "../../../tests/policy/stand-in/home";
import { pack, topologyText } from "../../../tests/policy/stand-in/run";

const [count = "1000", runs = "5"] = process.argv.slice(2);
const home = pulumiHome();

/** Seconds on the clock, and of all processors in all processes that it started. */
interface Took {
  readonly clock: number;
  readonly processor: number;
}

function pulumi(...args: string[]): Took {
  const timed = `TIMEFORMAT='took %R %U %S'; time pulumi "$@"`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", timed, "--", "--non-interactive", ...args], {
    cwd: join(__dirname, "preview"),
    encoding: "utf8",
    env: { ...home.env, LC_ALL: "C" },
  });
  const [, clock, user, system] = /^took (\S+) (\S+) (\S+)$/m.exec(stderr) ?? [];
  if (status !== 0 || clock === undefined) throw new Error(`${stdout}\n${stderr}`);
  return { clock: Number(clock), processor: Number(user) + Number(system) };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

try {
  const topology = join(home.folder, "topology.yaml");
  writeFileSync(topology, topologyText({}));
  const at = ["--stack", "organization/homelab/bench", "--config-file", join(home.folder, "bench.yaml")];
  pulumi("stack", "init", "--stack", "organization/homelab/bench");
  pulumi(
    "config",
    "set-all",
    ...at,
    "--plaintext",
    `homelab:count=${count}`,
    "--plaintext",
    `homelab:topology=${topology}`,
  );
  const empty = join(__dirname, "empty-pack");
  const ways = { without: [], empty: ["--policy-pack", empty], with: ["--policy-pack", pack] };
  const rounds: Record<keyof typeof ways, Took>[] = [];
  // In turn, so that what else the machine does falls on all; the first round fills caches and is not counted.
  for (let run = 0; run <= Number(runs); run += 1) {
    const preview = (way: keyof typeof ways): Took =>
      pulumi("preview", "--suppress-outputs", ...at, ...ways[way]);
    rounds.push({ without: preview("without"), empty: preview("empty"), with: preview("with") });
  }
  rounds.shift();
  const row = (name: string, of: keyof Took): string => {
    const seconds = (way: keyof typeof ways): string =>
      `${median(rounds.map((round) => round[way][of])).toFixed(2)} s`.padStart(11);
    const ratio = (one: keyof typeof ways, other: keyof typeof ways): string =>
      median(rounds.map((round) => round[one][of] / round[other][of]))
        .toFixed(3)
        .padStart(13);
    return `  ${name.padEnd(15)}${seconds("without")}${seconds("empty")}${seconds("with")}${ratio("with", "without")}${ratio("with", "empty")}`;
  };
  process.stdout.write(
    [
      `preview of ${count} resources, medians of ${runs} rounds; an empty pack is Pulumi's own part`,
      `                     no pack empty pack   this pack  this/no pack   this/empty`,
      row("clock", "clock"),
      row("all processors", "processor"),
      "",
    ].join("\n"),
  );
} finally {
  home.remove();
}
