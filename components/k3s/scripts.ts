import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scriptDirectory } from "./layout";

const always = ["prepare", "authority", "images", "ready", "stop"];

/** Scripts beside K3s on a node, as files of its unit. A change of one is in force without a restart. */
export function scripts(
  ...more: string[]
): { path: string; content: string; mode: string; onChange: "nothing" }[] {
  return [...always, ...more].map((name) => ({
    path: `${scriptDirectory}/k3s-${name}.sh`,
    content: readFileSync(join(__dirname, "scripts", `${name}.sh`), "utf8"),
    mode: "0755",
    onChange: "nothing",
  }));
}
