import { vi } from "vitest";
import { run } from "./run";

/** What a command line prints, and its exit code. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process: `homelab …args`. */
export async function homelab(...args: readonly string[]): Promise<Ran> {
  const said = { stdout: "", stderr: "" };
  const listeners = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  try {
    return { code: await run(args), ...said };
  } finally {
    for (const listener of listeners) listener.mockRestore();
  }
}
