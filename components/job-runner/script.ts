import { join } from "node:path";
import { scriptFile } from "../unit-files";

/** One of this component's scripts, in a unit's folder. */
export const script = (folder: string, file: string) =>
  scriptFile(`${folder}/${file}`, join(__dirname, "scripts", file));
