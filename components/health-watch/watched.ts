import type { HealthArgs, ManagedFileArgs } from "../../provider/sdk/remote";
import { probe } from "../../remote/unit/spec";

/** Where the units of a node say that they are watched: a file a service. */
export const watchedDirectory = "/etc/homelab/health";

/** A service that is asked again and again whether it is well. */
export interface Watched {
  /** Its unit, such as `minio.service`. */
  readonly service: string;
  /** What asks it; what its start was asked, where that answers only while the program works. */
  readonly health: Pick<HealthArgs, "exec" | "http" | "tcp">;
  /**
   * What is done for one that runs and does not answer: `restart`, at most three times in six hours, or nothing but an
   * alert, where a person must decide.
   */
  readonly ill: "restart" | "tell";
  /** Seconds that a start may take, in which no look counts. @default 60 */
  readonly startSeconds?: number;
  /** Where it keeps data: while a disk of these is full, a restart would not help. @default nowhere */
  readonly keeps?: readonly string[];
}

/**
 * The file by which a service is watched: one of the files of its own unit, so that it comes, changes and goes with it.
 * @see HealthWatch
 */
export function watched({ service, health, ill, startSeconds = 60, keeps = [] }: Watched): ManagedFileArgs {
  const words = probe(health);
  const rows = [
    ["restart", ill === "restart" ? "yes" : "no"],
    ["start", String(startSeconds)],
    ...keeps.map((path) => ["keeps", path]),
    // Encoded, for a word may hold a line break.
    ...words.map((word) => ["probe", Buffer.from(word, "utf8").toString("base64")]),
  ];
  const readable = words.map((word) => JSON.stringify(word)).join(" ");
  return {
    // Without the ending: it is no unit, and whoever reads files by their names must not take it for one.
    path: `${watchedDirectory}/${service.replace(/\.service$/, "")}`,
    content: [`# ${readable}`, ...rows.map((row) => row.join("\t")), ""].join("\n"),
    onChange: "nothing",
  };
}
