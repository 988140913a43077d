import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { header, type Project } from "./compose";
import { startFiles } from "./launchd";

/** Puts a file in place whole. @param mode of the file, before anything is in it */
function put(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const half = `${path}.new`;
  writeFileSync(half, "", { mode });
  chmodSync(half, mode);
  writeFileSync(half, text);
  renameSync(half, path);
}

/** @throws Error where a compose file is there that somebody else wrote */
export function writeProject(folder: string, { text, files, timed }: Project): void {
  const path = join(folder, "compose.yaml");
  if (existsSync(path) && !readFileSync(path, "utf8").startsWith(header))
    throw new Error(`${path} is not this program's: name another folder, or move it away.`);
  for (const [name, content] of Object.entries({ ...files, ...startFiles(folder, timed) }))
    put(join(folder, name), content, 0o644);
  put(path, text, 0o644);
}

/** Where nobody else on this computer may look. */
const secretsFolder = (folder: string): void => {
  mkdirSync(join(folder, "secrets"), { recursive: true, mode: 0o700 });
};

export const textIn =
  (folder: string) =>
  (path: string): string | undefined =>
    existsSync(join(folder, path)) ? readFileSync(join(folder, path), "utf8") : undefined;

/** Of the services' own, which are made once. */
export const passwordIn = (folder: string) => (secret: string) => {
  const path = join(folder, "secrets/own", secret);
  const before = textIn(folder)(`secrets/own/${secret}`);
  if (before !== undefined) return before;
  secretsFolder(folder);
  const made = randomBytes(30).toString("hex");
  put(path, made, 0o600);
  return made;
};

export function writeSecrets(folder: string, texts: Readonly<Record<string, string>>): void {
  secretsFolder(folder);
  for (const [path, text] of Object.entries(texts)) put(join(folder, path), text, 0o600);
}
