import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { scriptDirectory } from "./layout";

interface ScriptFile {
  path: string;
  content: string;
  mode: string;
  onChange: "restart" | "nothing";
}

const folder = join(__dirname, "scripts");

/**
 * The scripts as files of a unit. Only what runs all the time has to be restarted for a new version.
 * @param directory where they are on the node. @param wanted which of them. @default all
 */
export function scripts(
  directory = scriptDirectory,
  wanted: (name: string) => boolean = () => true,
): ScriptFile[] {
  return readdirSync(folder)
    .filter(wanted)
    .sort()
    .map((name) => ({
      path: `${directory}/${name}`,
      content: readFileSync(join(folder, name), "utf8"),
      mode: "0755",
      onChange: /^wal\b/.test(name) ? "restart" : "nothing",
    }));
}
