import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ask, missing, note, ok, type Ask, type Check } from "./check";

const what = "state";
/** With it pulumi writes nothing beside the files of a folder. */
const withoutAttributes = "metadata=skip";

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

/**
 * Beside each file of a folder, pulumi writes another, `.attrs`, which says of what kind it is. The state comes into
 * its place at once; this one does not. A run that is killed in that moment leaves it empty, and the state is not read.
 * @see https://github.com/google/go-cloud/blob/master/blob/fileblob/attrs.go
 */
function halfWritten(folder: string): readonly string[] {
  const state = join(folder, ".pulumi");
  return readdirSync(state, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".attrs"))
    .map((name) => join(state, name))
    .filter((file) => !isJson(file));
}

const folderOf = (url: string): string =>
  decodeURIComponent(url.replace(/^file:\/\//, "").replace(/\?.*$/, "")).replace(/^~(?=\/|$)/, homedir());

/** Where Pulumi keeps the stacks' state, and whether it can be read there. */
export function backend(run: Ask = ask): Check {
  const answer = run("pulumi", ["whoami", "--json", "--non-interactive"]);
  if (answer === undefined) return note(what, "pulumi is not logged in: see step 5 of README.md");
  const { url } = JSON.parse(answer) as { readonly url: string };
  if (!url.startsWith("file:")) return ok(what, url);
  let torn: readonly string[];
  try {
    torn = halfWritten(folderOf(url));
  } catch {
    return note(what, `${url}: nothing is there yet`);
  }
  if (torn.length > 0)
    return missing(
      what,
      `half written when a run was killed, so that pulumi says "failed to load checkpoint: EOF"; delete it, the state is not in it: ${torn.join(", ")}`,
    );
  if (url.includes(withoutAttributes)) return ok(what, url);
  const better = `${url}${url.includes("?") ? "&" : "?"}${withoutAttributes}`;
  return note(
    what,
    `${url}: a run that is killed in the wrong moment may leave it unreadable; \`pulumi login "${better}"\` keeps that from happening`,
  );
}
