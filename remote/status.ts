import { Unreachable, errorMessage } from "../packages/errors";
import type { ConnectionArgs } from "./connection-args";
import { reachable } from "./reachable";
import { runScript } from "./run";

/** What status.sh answers, each by itself; see there for the lines of each. */
export const statusSections = ["power", "units", "health", "jobs", "pair", "cluster"] as const;

/** What a machine said of itself before the time was over. */
export interface StatusSaid {
  readonly rows: readonly (readonly string[])[];
  /** Why there is no more: nothing accepted a connection, the time was over, or a sentence. */
  readonly ended: "well" | "unreachable" | "late" | { readonly sentence: string };
}

/**
 * Asks for all that `homelab status` or `homelab agents` shows of a machine, over one connection, and waits no longer than it is
 * told to.
 */
export async function lookAtStatus(
  connection: ConnectionArgs,
  milliseconds: number,
  script: "status" | "agents" = "status",
): Promise<StatusSaid> {
  let text = "";
  const probe = { accepted: false };
  void reachable(connection.host, connection.port, connection.mesh).then(
    (answers) => (probe.accepted = answers),
  );
  const stop = new AbortController();
  const answer = runScript(connection, script, {
    stdin: `seconds\t${Math.max(1, Math.floor(milliseconds / 1000) - 1)}\nend\n`,
    timeoutSeconds: Math.ceil(milliseconds / 1000) + 1,
    signal: stop.signal,
    onStdout: (more) => (text += more),
  }).then(
    (result): StatusSaid["ended"] =>
      result.code === 0
        ? "well"
        : { sentence: result.stderr.trim() || `${script}.sh ended with ${result.code}` },
    (error: unknown) => (error instanceof Unreachable ? "unreachable" : { sentence: errorMessage(error) }),
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => {
      resolve("late");
    }, milliseconds);
  });
  const ended = await Promise.race([answer, late]);
  clearTimeout(timer);
  stop.abort();
  // The last line may not be whole.
  const rows = text
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t"));
  // A machine that is off never says no: it is silent.
  return { rows, ended: ended === "late" && !probe.accepted && rows.length === 0 ? "unreachable" : ended };
}
