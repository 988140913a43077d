import { createHash } from "node:crypto";
import { z } from "zod";
import { connectionSchema } from "../connection-args";

const absolutePath = z
  .string()
  .regex(/^\/[A-Za-z0-9._@/-]+$/, "must be an absolute path of plain characters")
  .refine((path) => !path.split("/").includes(".."), "must not hold ..");
const owner = z.string().regex(/^[a-z0-9_-]+:[a-z0-9_-]+$/, "must be user:group");
const mode = z.string().regex(/^0[0-7]{3}$/, "must be an octal mode such as 0644");
const argv = z.array(z.string().min(1)).min(1);

/** A file that a unit needs on the node. */
export const fileSchema = z.strictObject({
  /** Absolute path on the node, below /etc or /usr/local or /var/lib/homelab. */
  path: absolutePath,
  /** The whole text. */
  content: z.string(),
  /** Octal mode. @default "0644" */
  mode: mode.default("0644"),
  /** Owner as `user:group` or `uid:gid`. @default "root:root" */
  owner: owner.default("root:root"),
  /** What a change of this file asks of the service. @default "restart" */
  onChange: z.enum(["restart", "reload", "nothing"]).default("restart"),
});

/** How to know that a unit works: exactly one of `exec`, `http`, `tcp`. Tried until it holds or the time is over. */
export const healthSchema = z
  .strictObject({
    /** A command on the node, argument by argument; healthy when it exits 0. Excludes `http` and `tcp`. @default another check */
    exec: argv.optional(),
    /** A URL asked from the node; healthy on a 2xx answer. Excludes `exec` and `tcp`. @default another check */
    http: z.url().optional(),
    /** `host:port` that must accept a connection. Excludes `exec` and `http`. @default another check */
    tcp: z
      .string()
      .regex(/^[^\s:]+:\d+$/, "must be host:port")
      .optional(),
    /** How long the unit may take to come up, seconds. @default 60 */
    timeoutSeconds: z.int().min(1).max(3600).default(60),
    /**
     * How long it must stay up and healthy after that, seconds: as long as a start of it can still fail, a port that
     * another program holds for example. Of services only. @default 3
     */
    settleSeconds: z.int().min(0).max(300).optional(),
  })
  .refine(
    (health) => [health.exec, health.http, health.tcp].filter((probe) => probe !== undefined).length === 1,
    "must have exactly one of exec, http, tcp",
  );

/** The inputs of homelab:remote:Unit, checked and completed. */
export const unitSchema = z.strictObject({
  /** How to reach the node over SSH. */
  connection: connectionSchema,
  /** What systemd runs, e.g. `postgres.service`; or a timer or a socket, whose service is among the files. */
  service: z
    .string()
    .regex(
      /^[A-Za-z0-9@_.-]+\.(service|timer|socket)$/,
      "must be a systemd service, timer or socket, such as postgres.service",
    ),
  /** The quadlet or unit file, and the configuration it reads. Order does not matter. */
  files: z
    .array(fileSchema)
    .min(1)
    .refine(
      (files) => new Set(files.map((file) => file.path)).size === files.length,
      "must not name a path twice",
    ),
  /** Directories that must exist before the first start. They are made when missing and never removed. @default none */
  directories: z
    .array(
      z.strictObject({
        /** Absolute path on the node. */
        path: absolutePath,
        /** Octal mode. @default "0755" */
        mode: mode.default("0755"),
        /** Owner as `user:group` or `uid:gid`. @default "root:root" */
        owner: owner.default("root:root"),
      }),
    )
    .default([]),
  /**
   * Anything else whose change must restart the unit (an image's id, a secret's fingerprint), by a name that is shown.
   * @default nothing
   */
  restartOn: z.record(z.string(), z.string()).default({}),
  /** Command for a reload, argument by argument. @default systemctl reload */
  reload: argv.optional(),
  /**
   * Command that puts right what makes a running unit unhealthy without a restart, argument by argument. Tried before
   * a restart. @default none
   */
  mend: argv.optional(),
  /** When it counts as up: exactly one of `exec`, `http` and `tcp`. */
  health: healthSchema,
  /**
   * Where this unit's data stays when the unit is removed; shown at destroy. Its services are not started while the disk on
   * which the data was is not mounted. @default it keeps nothing
   */
  keeps: z.array(absolutePath).default([]),
  /** Why losing what it keeps costs nothing: then it may be on an on-demand node. @default it may not be lost */
  ephemeral: z.string().min(1).optional(),
  /**
   * Command for what outlives the service, argument by argument: run when the unit is removed, once it has stopped and is
   * disabled, also when it had stopped long before. One of the unit's files, safe to repeat.
   * @default none
   */
  onRemoval: argv.optional(),
  /**
   * For what may cut off whoever changes it: the node puts what was before back by itself, unless a new SSH connection
   * confirms the change within so many seconds. @default it need not be confirmed
   */
  confirmSeconds: z.int().min(10).max(600).optional(),
});

export type UnitSpec = z.infer<typeof unitSchema>;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** What decides how the unit runs, as two hashes: one whose change asks for a restart, one for a reload. */
export function hashesOf(unit: UnitSpec): { readonly run: string; readonly reload: string } {
  const part = (effect: UnitSpec["files"][number]["onChange"]) =>
    unit.files
      .filter((file) => file.onChange === effect)
      .map((file) => [file.path, file.mode, file.owner, sha256(file.content)])
      .sort();
  const restartOn = Object.entries(unit.restartOn).sort();
  return {
    run: sha256(JSON.stringify([part("restart"), restartOn])),
    reload: sha256(JSON.stringify(part("reload"))),
  };
}

/** One hash over the whole unit, for the state file. */
export function hashOf(unit: UnitSpec): string {
  const { run, reload } = hashesOf(unit);
  return sha256(run + reload);
}

const encoded = (text: string) => Buffer.from(text, "utf8").toString("base64");

/** The command on the node that says whether a unit is well, by its exit status. */
export function probe(health: {
  readonly exec?: readonly string[] | undefined;
  readonly http?: string | undefined;
  readonly tcp?: string | undefined;
}): readonly string[] {
  if (health.exec !== undefined) return health.exec;
  if (health.http !== undefined) return ["curl", "-fsS", "-o", "/dev/null", "--max-time", "5", health.http];
  const [host = "", port = ""] = (health.tcp ?? "").split(":");
  return ["bash", "-c", 'exec 3<>"/dev/tcp/$0/$1"', host, port];
}

/** For how long a service must stay healthy before its start counts as done. */
export const settleSeconds = ({ health }: UnitSpec) => health.settleSeconds ?? 3;

const lines = (rows: readonly (readonly string[])[]) => rows.map((row) => `${row.join("\t")}\n`).join("");

/** The description for unit-apply.sh. `setAside`: drop-ins that the program did not write. */
export function applyLines(unit: UnitSpec, setAside: readonly string[]): string {
  const { run, reload } = hashesOf(unit);
  return lines([
    ["service", unit.service],
    ["hashes", run, reload],
    ["timeout", String(unit.health.timeoutSeconds)],
    ["settle", String(settleSeconds(unit))],
    ...unit.directories.map((dir) => ["directory", dir.mode, dir.owner, dir.path]),
    ...unit.files.map((file) => [
      "file",
      file.mode,
      file.owner,
      file.onChange,
      file.path,
      encoded(file.content),
    ]),
    ...unit.keeps.map((path) => ["keeps", path]),
    ...probe(unit.health).map((word) => ["health", encoded(word)]),
    ...(unit.reload ?? []).map((word) => ["reload", encoded(word)]),
    ...(unit.mend ?? []).map((word) => ["mend", encoded(word)]),
    ...setAside.map((path) => ["set-aside", path]),
    ...(unit.confirmSeconds === undefined
      ? []
      : [
          ["confirm", String(unit.confirmSeconds)],
          ...(unit.onRemoval ?? []).map((word) => ["on-removal", encoded(word)]),
        ]),
    ["end"],
  ]);
}

/** The description for unit-observe.sh. */
export function lookLines(unit: UnitSpec): string {
  return lines([
    ["service", unit.service],
    [
      "health",
      encoded(
        probe(unit.health)
          .map((word) => `${word}\0`)
          .join(""),
      ),
    ],
    ...unit.files.map((file) => ["file", file.path]),
    ...unit.keeps.map((path) => ["keeps", path]),
    ["end"],
  ]);
}

/** The description for unit-remove.sh. */
export function nameLines(unit: UnitSpec): string {
  return lines([
    ["service", unit.service],
    ...unit.files.map((file) => ["file", file.path]),
    ...(unit.onRemoval ?? []).map((word) => ["on-removal", encoded(word)]),
    ["end"],
  ]);
}

/** Content hash as the node reports it. */
export const contentHash = sha256;
