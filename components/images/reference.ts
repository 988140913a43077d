import digests from "./digests.json";

/**
 * An image by its exact tag, and by its digest too once `npm run pin` has looked it up. A digest is never made up.
 * @param image whole reference, e.g. `docker.io/library/postgres:18-trixie`; one with a digest stays as it is.
 */
export function reference(image: string, known: Readonly<Record<string, string>> = digests): string {
  if (image.includes("@")) return image;
  const digest = known[image];
  return digest === undefined ? image : `${image}@${digest}`;
}
