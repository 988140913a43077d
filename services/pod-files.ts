import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MountedFile } from "./pod";

const read = (name: string) => readFileSync(join(__dirname, "files", name), "utf8");

/** Waits for PostgreSQL, sees to the tables, becomes the program: see its first lines. */
const start = () => read("start.py");

/** The sample code location of Dagster. */
export const sample = () => read("sample.py");

/** ConfigMaps that the pods of more than one service mount, each with its files. */
export const sharedFiles = () => ({ start: { "start.py": start() } });

export const startFile: MountedFile = { from: "start", key: "start.py", at: "/opt/homelab/start.py" };
