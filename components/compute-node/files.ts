import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (name: string) => readFileSync(join(__dirname, "files", name), "utf8");

/** Waits for PostgreSQL, sees to the tables, becomes the program: see its first lines. */
export const start = () => read("start.py");

/** The sample code location of Dagster. */
export const sample = () => read("sample.py");
