import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { productionImages } from "./production";
import { LookupError, lookUpDigest } from "./registry";

/**
 * Looks up the digest of each image and writes all of them to a file, or none.
 * @returns image → digest.
 * @throws LookupError for the first image that has none; the file is then as it was.
 */
export async function pin(images: readonly string[], file: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const image of [...images].sort()) digests[image] = await lookUpDigest(image);
  const unfinished = `${file}.new`;
  writeFileSync(unfinished, `${JSON.stringify(digests, null, 2)}\n`);
  renameSync(unfinished, file);
  return digests;
}

async function main(): Promise<void> {
  try {
    const digests = await pin(productionImages(), join(__dirname, "digests.json"));
    for (const [image, digest] of Object.entries(digests)) console.log(`${image}@${digest}`);
  } catch (error) {
    if (!(error instanceof LookupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

if (require.main === module) void main();
