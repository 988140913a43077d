import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { record } from "../record";
import { grid, median } from "../results";

/** report.ts SAMPLES [record]: lines `WHAT<tab>MILLISECONDS<tab>RESOURCES` as a table. */
const titles: Readonly<Record<string, string>> = {
  empty: "an empty program",
  single: "one resource of a provider that does nothing",
};

const [file, recorded] = process.argv.slice(2);
if (file === undefined) throw new Error("report.ts SAMPLES [record]");
const samples = readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((line) => line.split("\t"));
const seconds = (what: string) =>
  (median(samples.filter(([name]) => name === what).map(([, took]) => Number(took))) ?? NaN) / 1000;
const least = seconds("empty");
const rows = [...new Set(samples.map(([what = ""]) => what))].map((what) => [
  titles[what] ?? `the lab's ${what}`,
  samples.find(([name]) => name === what)?.[2] ?? "",
  seconds(what).toFixed(1),
  `${(seconds(what) / least).toFixed(1)}×`,
]);
const text = `Written by \`lab/bench/again/run --record\`: \`pulumi up --skip-preview\` with nothing to change, the policies on, medians. ${new Date().toISOString().slice(0, 10)}, load ${(loadavg()[0] ?? 0).toFixed(0)} on ${cpus().length} cores, which the lab's machines share.

${grid([["program", "resources", "seconds", "to the empty one"], ...rows])}`;
process.stdout.write(`${text}\n`);
if (recorded !== undefined) record("Nothing to change", text);
