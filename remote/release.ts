import { z } from "zod";
import { connectionSchema } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { runScript } from "./run";

const plainName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, "must be a plain name such as k3s or v1.35.4+k3s1");

/** The inputs of homelab:remote:Release, checked and completed. */
export const releaseSchema = z
  .strictObject({
    /** How to reach the node over SSH. */
    connection: connectionSchema,
    /** Its files are in /usr/local/lib/homelab/NAME/VERSION. */
    name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be a plain name such as k3s"),
    /** Version of the release, e.g. `v1.35.4+k3s1`. */
    version: plainName,
    /** Where its versions are, e.g. `https://github.com/k3s-io/k3s/releases/download`; `file:///…` is a directory on the node. */
    from: z
      .string()
      .regex(
        /^(https?|file):\/\/[^\s'"\\]*[^\s'"\\/]$/,
        "must be an address that begins with https://, http:// or file:/// and does not end with /",
      ),
    /** The release's own file of SHA-256 sums, as sha256sum(1) writes it. */
    checksums: plainName,
    /** Files of it. */
    files: z
      .array(
        z.strictObject({
          /** As the release names it. */
          name: plainName,
          /** Octal mode. @default "0755" */
          mode: z
            .string()
            .regex(/^0[0-7]{3}$/, "must be an octal mode such as 0755")
            .default("0755"),
          /** Path of a copy, for a program that looks for it in a certain place. @default no copy */
          alsoIn: z
            .string()
            .regex(/^\/[A-Za-z0-9._@/-]+$/, "must be an absolute path of plain characters")
            .optional(),
        }),
      )
      .min(1, "must name at least one file"),
    /** How long a file may take, seconds. @default 900 */
    timeoutSeconds: z.int().min(1).max(7200).default(900),
  })
  .refine(({ version }) => !version.includes(".."), "must not hold ..");

export type ReleaseSpec = z.infer<typeof releaseSchema>;

/** Where a version of a release is on the node; known before it is there. */
export function releaseDirectory(name: string, version: string): string {
  return `/usr/local/lib/homelab/${name}/${version}`;
}

/** What is there of a release on its node. */
export interface ObservedRelease {
  /** SHA-256 by file name; files that are not there are missing here. */
  readonly sums: Readonly<Record<string, string>>;
  /** Files whose copy in `alsoIn` is missing or another one. */
  readonly elsewhere: readonly string[];
}

async function ask(
  release: ReleaseSpec,
  verb: "observe" | "apply" | "remove",
  signal: AbortSignal,
  keep = release.version,
): Promise<string> {
  const lines = [
    ["verb", verb],
    ["directory", releaseDirectory(release.name, release.version)],
    ["url", `${release.from}/${encodeURIComponent(release.version)}`],
    ["checksums", release.checksums],
    ["keep", keep],
    ["timeout", String(release.timeoutSeconds)],
    ...release.files.map(({ name, mode, alsoIn }) => ["file", mode, name, alsoIn ?? ""]),
    ["end"],
  ];
  const result = await runScript(release.connection, "release", {
    stdin: lines.map((line) => `${line.join("\t")}\n`).join(""),
    timeoutSeconds: verb === "apply" ? (release.files.length + 1) * release.timeoutSeconds + 60 : 60,
    signal,
  });
  if (result.code !== 0) {
    throw new RemoteError(
      `${release.name} ${release.version} on ${release.connection.node}: ${result.stderr.trim() || "no reason given"}`,
    );
  }
  return result.stdout;
}

function parse(stdout: string): ObservedRelease {
  const rows = stdout.split("\n").map((line) => line.split("\t"));
  return {
    sums: Object.fromEntries(
      rows.filter(([kind]) => kind === "file").map(([, name = "", sum = ""]) => [name, sum]),
    ),
    elsewhere: rows.filter(([kind]) => kind === "elsewhere").map(([, name = ""]) => name),
  };
}

export async function observeRelease(release: ReleaseSpec, signal: AbortSignal): Promise<ObservedRelease> {
  return parse(await ask(release, "observe", signal));
}

/**
 * Fetches what is missing and checks all of it against the release's checksum file. Earlier versions go, all but
 * `previous`, to which a unit may have to fall back.
 */
export async function applyRelease(
  release: ReleaseSpec,
  previous: string | undefined,
  signal: AbortSignal,
): Promise<ObservedRelease> {
  return parse(await ask(release, "apply", signal, previous ?? release.version));
}

/** Takes all of its versions away, and the copies. */
export async function removeRelease(release: ReleaseSpec, signal: AbortSignal): Promise<void> {
  await ask(release, "remove", signal);
}
