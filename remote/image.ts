import { z } from "zod";
import { connectionSchema } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { imageReference } from "./image-reference";
import { podmanChanged, podmanOn } from "./podman";
import { runScript } from "./run";

const repositoryForm = /^[a-z0-9]+([._/-][a-z0-9]+)*$/;
const fromLine = /^FROM ([a-z0-9][A-Za-z0-9._:/@-]*)$/m;
const baseOf = (containerfile: string) => fromLine.exec(containerfile)?.[1] ?? "";

/** The inputs of homelab:remote:Image as a program gives them. */
export const imageArgs = z.strictObject({
  /** How to reach the node over SSH. */
  connection: connectionSchema,
  /** Repository for the built image, e.g. `localhost/homelab/postgres`; its tag is the content's hash. */
  repository: z.string().regex(repositoryForm, "must be an image's name without a tag"),
  /** The Containerfile's text. `FROM` names the base with its exact tag or digest. */
  containerfile: z.string().regex(fromLine, "must have a line FROM with an image's name"),
  /** How long a build may take, seconds. @default 900 */
  timeoutSeconds: z.int().min(1).max(7200).default(900),
});

/** The same, checked and completed. */
export const imageSchema = imageArgs
  // Derived; given back by the state.
  .extend({ reference: z.string().optional() })
  .transform((image) => ({
    ...image,
    reference: imageReference(image),
  }));

export type ImageSpec = z.infer<typeof imageSchema>;

/** What is there of an image on its node. */
export interface ObservedImage {
  /** podman's id; undefined when the image is not there. */
  readonly id: string | undefined;
  /** The image that it was built from is another one by now. */
  readonly stale: boolean;
}

/** podman knows an image with tag and digest by either, not by both. */
const withoutTag = (name: string) => name.replace(/:[^:@/]+(?=@)/, "");

export async function observeImage(image: ImageSpec, signal: AbortSignal): Promise<ObservedImage> {
  const { images } = await podmanOn(image.connection, signal);
  const there = images.get(image.reference);
  const base = images.get(withoutTag(baseOf(image.containerfile)));
  // A base that is not here any more cannot have become another one.
  const stale = there !== undefined && base !== undefined && there.labels["homelab.base"] !== base.id;
  return { id: there?.id, stale };
}

/** Builds the image unless it is there from the same base; returns its id. */
export async function buildImage(image: ImageSpec, signal: AbortSignal): Promise<string> {
  const lines = [
    `reference\t${image.reference}`,
    `base\t${baseOf(image.containerfile)}`,
    `timeout\t${image.timeoutSeconds}`,
    `containerfile\t${Buffer.from(image.containerfile, "utf8").toString("base64")}`,
    "end",
  ];
  const result = await runScript(image.connection, "image", {
    stdin: `${lines.join("\n")}\n`,
    timeoutSeconds: 2 * image.timeoutSeconds + 30,
    signal,
  }).finally(() => {
    podmanChanged(image.connection);
  });
  if (result.code !== 0) throw new RemoteError(`${image.connection.node}: ${result.stderr.trim()}`);
  const id = /^built\t(.+)$/m.exec(result.stdout)?.[1];
  if (id === undefined) {
    throw new RemoteError(
      `${image.connection.node}: the image ${image.reference} was built but is not there.`,
    );
  }
  return id;
}
