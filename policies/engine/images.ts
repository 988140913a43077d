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

/** Names of distributions and their releases, which say what an image is built on: c9s, el9, centos7, alpine3. */
const distribution =
  /^(c\d+s|el\d+|ol\d+|al\d+|fc\d+|f\d{2}|(centos|centosstream|rhel|ubi|fedora|debian|ubuntu|alpine|rocky|rockylinux|alma|almalinux|sles|sle|suse|leap|opensuse|amazonlinux|photon|oraclelinux|wolfi|chainguard|azurelinux|mariner|arch|archlinux|gentoo|nixos|musl|glibc|distroless|scratch)\d*|sid|trixie|bookworm|bullseye|buster|stretch|forky|noble|jammy|focal|bionic|xenial|plucky|oracular|tumbleweed)$/;

/** True for a word that names a distribution or a version and so says nothing of what runs. */
export function isBuild(word: string): boolean {
  return /^v?\d[\da-z]*$/.test(word) || distribution.test(word);
}

/** The words a name is made of: "gb-redis_follower.v2" is gb, redis, follower, v2. */
export function wordsOf(name: string): readonly string[] {
  return name.split(/[^a-z0-9]+/).filter((word) => word !== "");
}
