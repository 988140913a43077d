/** What the policy pack adds to a preview: `tsx bench/policy/preview.ts [COUNT] [RUNS]`. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pulumiHome } from "../../tests/policy/stand-in/home";
import { pack, topologyText } from "../../tests/policy/stand-in/run";

const [count = "1000", runs = "5"] = process.argv.slice(2);
const home = pulumiHome();

function pulumi(...args: string[]): number {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync("pulumi", ["--non-interactive", ...args], {
    cwd: join(__dirname, "preview"),
    encoding: "utf8",
    env: home.env,
  });
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
  return (performance.now() - began) / 1000;
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
  const without: number[] = [];
  const with_: number[] = [];
  // In turn, so that what else the machine does falls on both.
  for (let run = 0; run < Number(runs); run += 1) {
    without.push(pulumi("preview", "--suppress-outputs", ...at));
    with_.push(pulumi("preview", "--suppress-outputs", ...at, "--policy-pack", pack));
  }
  const [plain, packed] = [median(without), median(with_)];
  process.stdout.write(
    [
      `preview of ${count} resources, median of ${runs}`,
      `  without the pack  ${plain.toFixed(2)} s`,
      `  with the pack     ${packed.toFixed(2)} s`,
      `  ratio             ${(packed / plain).toFixed(3)}`,
      "",
    ].join("\n"),
  );
} finally {
  home.remove();
}
