/** Whether a container runs a database or queue server. */
import type { Container } from "./facts";
import { imagePath, isBuild, wordsOf } from "./images";
import { starts } from "./programs";
import { servers } from "./tables/servers";
import type { Server } from "./tables/servers";
import { beside, byPath, common, distributors, other } from "./tables/server-words";

const byWord = new Map<string, Server>();
for (const one of servers) for (const word of one.words) byWord.set(word, one);

/** The server an image's path names, or undefined. */
export function serverOfImage(path: readonly string[]): Server | undefined {
  const last = path.at(-1) ?? "";
  const whole = path.join("/");
  const all = wordsOf(last);
  const family = byPath.find(([pattern]) => pattern.test(whole));
  if (family !== undefined && !all.some((word) => other.test(word))) return byWord.get(family[1]);
  const words = all.filter((word) => !isBuild(word));
  const at = words.findIndex((word) => lookUp(word) !== undefined);
  const found = lookUp(words[at] ?? "");
  if (found === undefined) return undefined;
  const rest = words.filter((word) => lookUp(word) === undefined);
  // A word that people use for other things names the server only in its makers' or a distributor's hands.
  if (common.test(words[at] ?? "") && !isOwnName(path, words[at] ?? "", rest)) return undefined;
  // "acme-postgres" is somebody's PostgreSQL; "postgres-acme" is something of acme's for it.
  const named = at === words.length - 1 && !rest.some((word) => other.test(word));
  return named || rest.every((word) => beside.has(word)) ? found : undefined;
}

function isOwnName(path: readonly string[], word: string, rest: readonly string[]): boolean {
  if (!rest.every((one) => beside.has(one))) return false;
  const owners = path.slice(0, -1);
  return (
    owners.length === 0 ||
    owners.every((owner) => distributors.has(owner) || owner.replace(/[^a-z0-9]/g, "").includes(word))
  );
}

/** A word with a version stuck to it ("mysql57", "postgres16") names the same server. */
function lookUp(word: string): Server | undefined {
  return byWord.get(word) ?? byWord.get(word.replace(/\d+$/, ""));
}

/** The server a container runs, or undefined where it is a client, a job of another program, or no server. */
export function serverIn(container: Container): Server | undefined {
  if (container.role === "init" || container.role === "debug") return undefined;
  const found = serverOfImage(imagePath(container.image));
  if (found === undefined || !starts(container, found.programs)) return undefined;
  return found;
}
