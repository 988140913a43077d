import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One of this component's scripts, in a unit's folder. A change is in force at the next start, which needs no restart. */
export const script = (folder: string, file: string) => ({
  path: `${folder}/${file}`,
  content: readFileSync(join(__dirname, "scripts", file), "utf8"),
  mode: "0755",
  onChange: "nothing" as const,
});
