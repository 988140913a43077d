import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { check, exitCode } from "./check";
import { productionImages } from "../../services";
import { LookupError, lookUpDigest } from "./registry";

const digestsSchema = z.record(z.string(), z.string());

/** What became of a look-up: every image is in one of the two, or was known before and is in both. */
export interface Pinned {
  /** Image → digest, as the file has them now. */
  readonly digests: Readonly<Record<string, string>>;
  /** A sentence for each image that could not be looked up. */
  readonly failures: readonly string[];
}

/**
 * Looks up the digest of each image and writes them to a file in one step. An image that cannot be looked up does not keep
 * the others from it: it stays as it was known before, or goes by its tag.
 */
export async function pin(images: readonly string[], file: string): Promise<Pinned> {
  const before = existsSync(file) ? digestsSchema.parse(JSON.parse(readFileSync(file, "utf8"))) : {};
  const digests: Record<string, string> = {};
  const failures: string[] = [];
  for (const image of [...new Set(images)].sort()) {
    try {
      digests[image] = await lookUpDigest(image);
    } catch (error) {
      if (!(error instanceof LookupError)) throw error;
      failures.push(error.message);
      const known = before[image];
      if (known !== undefined) digests[image] = known;
    }
  }
  const unfinished = `${file}.new`;
  writeFileSync(unfinished, `${JSON.stringify(digests, null, 2)}\n`);
  renameSync(unfinished, file);
  return { digests, failures };
}

const usage = `npm run pin              looks up the digest of each image that the program uses by default, and writes them down
npm run pin -- --check   looks each of them up and writes nothing
                         exit code 0: all are there, 1: at least one is gone, 2: could not be judged`;

async function main(args: readonly string[]): Promise<void> {
  if (args.length > 1 || (args.length === 1 && args[0] !== "--check")) {
    console.error(usage);
    process.exitCode = args[0] === "--help" ? 0 : 2;
    return;
  }
  if (args[0] === "--check") {
    const checked = await check(productionImages());
    for (const { image, problem } of checked) {
      if (problem === undefined) console.log(`${image}: is there`);
      else console.error(problem.message);
    }
    process.exitCode = exitCode(checked);
    return;
  }
  const { digests, failures } = await pin(productionImages(), join(__dirname, "digests.json"));
  for (const [image, digest] of Object.entries(digests)) console.log(`${image}@${digest}`);
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) process.exitCode = 1;
}

if (require.main === module) void main(process.argv.slice(2));
