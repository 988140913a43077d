/** Names of container images, taken apart. */
import { isUnknown } from "./facts";
import type { Told } from "./facts";

/**
 * The path of an image in lower case without registry, tag and digest: "docker.io/library/postgres:18" is
 * ["library", "postgres"]. Empty where the image is not known.
 */
export function imagePath(image: Told<string>): readonly string[] {
  if (isUnknown(image)) return [];
  const path = (
    image
      .trim()
      .toLowerCase()
      .replace(/^docker:\/\//, "")
      .split("@")[0] ?? ""
  ).split("/");
  const last = path.length - 1;
  path[last] = (path[last] ?? "").replace(/:.*$/, "");
  const first = path[0] ?? "";
  if (path.length > 1 && (/[.:]/.test(first) || first === "localhost")) path.shift();
  return path.filter((part) => part !== "");
}

/** The words a name is made of: "gb-redis_follower.v2" is gb, redis, follower, v2. */
export function wordsOf(name: string): readonly string[] {
  return name.split(/[^a-z0-9]+/).filter((word) => word !== "");
}
