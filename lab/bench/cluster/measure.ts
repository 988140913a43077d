/** measure.ts KUBECONFIG NAMESPACE ROUNDS [record]: previews and ups of many workloads; see ./run. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { record } from "../record";
import { growth, table, whats, type Size, type What } from "./growth";

const [kubeconfig = "", namespace = "", rounds = "1", recorded] = process.argv.slice(2);
const counts = [50, 100, 200];
const folder = mkdtempSync(join(tmpdir(), "homelab-many-"));

/** Runs pulumi; returns the seconds it took. @throws Error with all that it said */
function pulumi(args: readonly string[], input = ""): number {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync("pulumi", ["--non-interactive", ...args], {
    cwd: join(__dirname, "program"),
    encoding: "utf8",
    input,
    maxBuffer: 64 * 1024 ** 2,
    env: {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${folder}/state`,
      PULUMI_CONFIG_PASSPHRASE: "of no use outside of this folder",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
  });
  if (status !== 0) throw new Error(`pulumi ${args.join(" ")}:\n${stdout}\n${stderr}`);
  return (performance.now() - began) / 1000;
}

const at = ["--stack", "organization/many/bench", "--config-file", join(folder, "Pulumi.bench.yaml")];
const set = (key: string, value: string) => pulumi(["config", "set", ...at, key, "--", value]);

function measured(workloads: number): Size {
  set("count", String(workloads));
  const seconds: Record<What, number[]> = { preview: [], up: [], "preview again": [], "up again": [] };
  for (let round = 1; round <= Number(rounds); round += 1) {
    const runs: Record<What, () => number> = {
      preview: () => pulumi(["preview", ...at]),
      up: () => pulumi(["up", "--yes", "--skip-preview", ...at]),
      "preview again": () => pulumi(["preview", "--expect-no-changes", ...at]),
      "up again": () => pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes", ...at]),
    };
    for (const what of whats) {
      const took = runs[what]();
      seconds[what].push(took);
      process.stderr.write(
        `round ${round}  ${String(workloads).padStart(3)} workloads  ${what.padEnd(14)} ${took.toFixed(1)} s\n`,
      );
    }
    pulumi(["destroy", "--yes", "--skip-preview", ...at]);
  }
  return { workloads, seconds };
}

try {
  mkdirSync(join(folder, "state"));
  pulumi(["stack", "init", "--stack", "organization/many/bench"]);
  pulumi(["config", "set", ...at, "--secret", "kubeconfig"], readFileSync(kubeconfig, "utf8"));
  set("namespace", namespace);
  const none = measured(0);
  const sizes = counts.map(measured);
  const text = `${table(none, sizes)}\n\n${growth(none, sizes).join("\n")}`;
  process.stdout.write(`\n${text}\n`);
  if (recorded !== undefined) {
    const processors = `${cpus().length} cores, which the cluster shares`;
    record(
      "Many workloads on the cluster",
      `Written by \`lab/bench/cluster/run --record\`; \`lab/bench/README.md\` says what is measured. Medians, in seconds. ${new Date().toISOString().slice(0, 10)}: ${processors}.\n\n${text}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  // stack init puts the salt of its secrets there, whatever file the others are told.
  rmSync(join(__dirname, "program/Pulumi.bench.yaml"), { force: true });
}
