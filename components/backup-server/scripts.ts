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

/** All scripts as files of a unit. Only what runs all the time has to be restarted for a new version. */
export function scripts(): ScriptFile[] {
  return readdirSync(folder)
    .sort()
    .map((name) => ({
      path: `${scriptDirectory}/${name}`,
      content: readFileSync(join(folder, name), "utf8"),
      mode: "0755",
      onChange: /^wal\b/.test(name) ? "restart" : "nothing",
    }));
}
