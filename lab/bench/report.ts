import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { record } from "./record";
import { aims, further, parseSamples, table } from "./results";

/** report.ts SAMPLES [record]: prints the table, and writes it to RESULTS.md with the circumstances. */
function main(samplesFile: string, recorded: string | undefined): void {
  const samples = parseSamples(readFileSync(samplesFile, "utf8"));
  const judged = aims(samples).map(({ text, met }) => `- ${met ? "met" : "NOT MET"}: ${text}`);
  const parts = [table(samples), judged.join("\n"), further(samples).join("\n")].filter(
    (part) => part !== "",
  );
  const text = parts.join("\n\n");
  process.stdout.write(`\n${text}\n`);
  if (recorded !== undefined) record(undefined, `${head()}\n${text}\n`);
}

function head(): string {
  const [first] = cpus();
  const pins = ["ansible", "pyinfra"].flatMap((tool) =>
    readFileSync(join(__dirname, tool, "requirements.txt"), "utf8")
      .split("\n")
      .filter((line) => /^(ansible-core|pyinfra)==/.test(line)),
  );
  return `# Results

Written by \`lab/bench/run --record\`; \`lab/bench/README.md\` says what is measured. Medians, in seconds.

${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores (${first?.model ?? "unknown"}), ${Math.round(totalmem() / 1024 ** 3)} GB of memory, which the lab's machines share; Node.js ${process.version}, ${pins.join(", ").replaceAll("==", " ")}.
`;
}

const [samples, recorded] = process.argv.slice(2);
if (samples === undefined) throw new Error("report.ts SAMPLES [record]");
main(samples, recorded);
