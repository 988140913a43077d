import { readFileSync } from "node:fs";
import { z } from "zod";
import { portsOf, urlsOf } from "../../services";
import type { DesktopSettings } from "../../settings";
import type { Topology } from "../../topology";
import type { MacRun } from "./runs";
import { secretTexts } from "./secrets";
import { passwordIn, textIn, writeSecrets } from "./write";

const outputs = z.object({
  dsns: z.record(z.string(), z.record(z.string(), z.string())),
  S3_ENDPOINT: z.string(),
  s3: z.record(z.string(), z.object({ accessKey: z.string(), secretKey: z.string() })),
});

/**
 * Writes the secret files with what storage hands out, which is read from standard input.
 * @returns a sentence for each that is still to be filled
 */
export function handOver(
  folder: string,
  runs: readonly MacRun[],
  settings: DesktopSettings,
  topology: Topology,
): readonly string[] {
  const given = outputs.safeParse(parsed(readFileSync(0, "utf8")));
  if (!given.success)
    throw new Error(
      "Standard input is not what storage hands out: pipe `pulumi stack output --stack storage --show-secrets --json` into this.",
    );
  const { dsns, s3, S3_ENDPOINT: s3Endpoint } = given.data;
  const { texts, open } = secretTexts(runs, {
    storage: { dsns, s3, s3Endpoint },
    urls: urlsOf(topology.nodes.desktop, portsOf("desktop", settings)),
    password: passwordIn(folder),
    there: textIn(folder),
  });
  writeSecrets(folder, texts);
  return open;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
