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

const fileSchema = z.strictObject({
  path: absolutePath,
  content: z.string(),
  mode: mode.default("0644"),
  owner: owner.default("root:root"),
  onChange: z.enum(["restart", "reload", "nothing"]).default("restart"),
});

const healthSchema = z
  .strictObject({
    exec: argv.optional(),
    http: z.url().optional(),
    tcp: z
      .string()
      .regex(/^[^\s:]+:\d+$/, "must be host:port")
      .optional(),
    timeoutSeconds: z.int().min(1).max(3600).default(60),
    settleSeconds: z.int().min(0).max(300).optional(),
  })
  .refine(
    (health) => [health.exec, health.http, health.tcp].filter((probe) => probe !== undefined).length === 1,
    "must have exactly one of exec, http, tcp",
  );

/** The inputs of homelab:remote:Unit, checked and completed; see provider/sdk/remote.ts for their meaning. */
export const unitSchema = z.strictObject({
  connection: connectionSchema,
  service: z
    .string()
    .regex(
      /^[A-Za-z0-9@_.-]+\.(service|timer|socket)$/,
      "must be a systemd service, timer or socket, such as postgres.service",
    ),
  files: z
    .array(fileSchema)
    .min(1)
    .refine(
      (files) => new Set(files.map((file) => file.path)).size === files.length,
      "must not name a path twice",
    ),
  directories: z
    .array(
      z.strictObject({ path: absolutePath, mode: mode.default("0755"), owner: owner.default("root:root") }),
    )
    .default([]),
  restartOn: z.record(z.string(), z.string()).default({}),
  reload: argv.optional(),
  mend: argv.optional(),
  health: healthSchema,
  keeps: z.array(absolutePath).default([]),
  ephemeral: z.string().min(1).optional(),
  onRemoval: argv.optional(),
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
export function probe(health: Pick<UnitSpec["health"], "exec" | "http" | "tcp">): string[] {
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
    ["end"],
  ]);
}

/** The description for unit-observe.sh. */
export function lookLines(unit: UnitSpec): string {
  return lines([
    ["service", unit.service],
    ...probe(unit.health).map((word) => ["health", encoded(word)]),
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
