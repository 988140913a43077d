import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LookupError, lookUpDigest } from "./registry";

/** Where the digests of the default images are kept. */
export const digestsFile = join(__dirname, "digests.json");

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
