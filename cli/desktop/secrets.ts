import { encrypted } from "../../settings";
import { secretName, type SecretSources, type StorageValues } from "../../services";
import { secretPath, variablesPath } from "./compose";
import type { MacRun } from "./runs";

/** A secret file beside the compose file, and what it holds. */
export interface SecretFile {
  /** As `./secrets/NAME`. */
  readonly path: string;
  /** Names of variables, a line `NAME=value` each; without, the file is the secret itself. */
  readonly variables?: readonly string[];
}

/** What a service's secrets are, by the names under which its container has them. */
const secretsOf = ({ run }: MacRun) => run.container.secrets ?? [];

/** The files that a person, or {@link secretTexts}, puts beside the compose file. */
export function secretFiles(runs: readonly MacRun[]): SecretFile[] {
  return runs.flatMap((mac) => {
    const all = secretsOf(mac);
    const variables = all.flatMap(({ variable }) => variable ?? []);
    return [
      ...(variables.length === 0 ? [] : [{ path: variablesPath(mac.run.name), variables }]),
      ...all.filter(({ variable }) => variable === undefined).map(({ name }) => ({ path: secretPath(name) })),
    ];
  });
}

export interface SecretsGiven {
  readonly storage: StorageValues;
  /** URLs of the node's ports, by their stack outputs. */
  readonly urls: Readonly<Record<string, string>>;
  /** A password of a service's own, the same in every run. */
  readonly password: (secret: string) => string;
  /** Text of a file of the project that is there already. */
  readonly there: (path: string) => string | undefined;
}

/** The line of a variable in a file as it was, which may be a person's own. */
const lineOf = (text: string | undefined, variable: string): string | undefined =>
  text?.split("\n").find((line) => line.startsWith(`${variable}=`));

/** The files' texts; of what only the stack's passphrase opens, a sentence that says where it belongs. */
export function secretTexts(
  runs: readonly MacRun[],
  { storage, urls, password, there }: SecretsGiven,
): { readonly texts: Readonly<Record<string, string>>; readonly open: readonly string[] } {
  const texts: Record<string, string> = {};
  const open: string[] = [];
  const services: Record<string, Readonly<Record<string, string>>> = {};
  for (const mac of runs) {
    const { run, key, secrets } = mac;
    const own = Object.fromEntries(mac.passwords.map((one) => [one, password(secretName(run.name, one))]));
    services[run.name] = own;
    const given: SecretSources = { storage, passwords: own, services, urls };
    const made = new Map(
      [...Object.entries(own), ...Object.entries(secrets).map(([one, of]) => [one, of(given)] as const)].map(
        ([one, value]) => [secretName(run.name, one), value],
      ),
    );
    const lines: string[] = [];
    for (const { name, variable } of secretsOf(mac)) {
      const value = made.get(name) ?? encrypted;
      const path = variable === undefined ? secretPath(name) : variablesPath(run.name);
      if (value.includes(encrypted)) {
        const before = variable === undefined ? there(path) : lineOf(there(path), variable);
        if (before !== undefined) {
          if (variable === undefined) texts[path] = before;
          else lines.push(`${before}\n`);
          continue;
        }
        const [lacks, put] =
          variable === undefined
            ? ["is not written: it is", "put it there"]
            : [`lacks ${variable}: it is`, `add a line ${variable}=…`];
        open.push(`${path} ${lacks} encrypted under homelab:${key} in the stack file; ${put}, and it stays.`);
      } else if (variable === undefined) texts[path] = value;
      else if (/[\r\n]/.test(value))
        open.push(`${path} lacks ${variable}, which has several lines: give it as one of secretFiles.`);
      else lines.push(`${variable}=${value}\n`);
    }
    if (lines.length > 0) texts[variablesPath(run.name)] = lines.join("");
  }
  return { texts, open };
}
