import { createHash } from "node:crypto";
import { z } from "zod";
import { connectionSchema } from "./connection-args";
import { RemoteError } from "./errors";
import { runScript } from "./run";

const repositoryForm = /^[a-z0-9]+([._/-][a-z0-9]+)*$/;

/** The inputs of homelab:remote:Image, checked and completed; see provider/sdk/remote.ts for their meaning. */
export const imageSchema = z
  .strictObject({
    connection: connectionSchema,
    repository: z.string().regex(repositoryForm, "must be an image's name without a tag"),
    containerfile: z.string().min(1),
    timeoutSeconds: z.int().min(1).max(7200).default(900),
    /** Derived; given back by the state. */
    reference: z.string().optional(),
  })
  .transform((image) => ({
    ...image,
    reference: `${image.repository}:${createHash("sha256").update(image.containerfile).digest("hex").slice(0, 16)}`,
  }));

export type ImageSpec = z.infer<typeof imageSchema>;

async function ask(image: ImageSpec, verb: "observe" | "apply", signal: AbortSignal): Promise<string> {
  const lines = [
    `verb\t${verb}`,
    `reference\t${image.reference}`,
    `timeout\t${image.timeoutSeconds}`,
    `containerfile\t${Buffer.from(image.containerfile, "utf8").toString("base64")}`,
    "end",
  ];
  const said = await runScript(image.connection, "image", {
    stdin: `${lines.join("\n")}\n`,
    timeoutSeconds: verb === "observe" ? 20 : image.timeoutSeconds + 30,
    signal,
  });
  if (said.code !== 0) throw new RemoteError(`${image.connection.node}: ${said.stderr.trim()}`);
  return said.stdout.trim();
}

/** The image's id on the node; undefined when it is not there. */
export async function observeImage(image: ImageSpec, signal: AbortSignal): Promise<string | undefined> {
  const id = await ask(image, "observe", signal);
  return id === "" ? undefined : id;
}

/** Builds the image unless it is there; returns its id. */
export function buildImage(image: ImageSpec, signal: AbortSignal): Promise<string> {
  return ask(image, "apply", signal);
}
