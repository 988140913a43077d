import { join } from "node:path";

/** The project's own folder. */
export const project = join(__dirname, "..", "..");
