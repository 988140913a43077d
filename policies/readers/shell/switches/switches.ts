/** Which options of podman and docker stand alone and which take a value. */
import made from "./switches.json";

/** Tools whose options are known; others are taken for docker, whose options they copy. */
export type Tool = "podman" | "docker";

interface Table {
  readonly switches: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
}

/** Options of versions that came after the ones in the table, and names that their help does not list. */
const others = {
  switches: [
    "--no-hostname",
    "--no-session-keys",
    "--env-host",
    "--wait",
    "--publish-all",
    "--no-pod-prefix",
  ],
  values: [
    ...["--net", "--net-alias", "--dns-opt", "--signature-policy", "--cgroup", "--rdt-class", "--gpus"],
    ...["--retry", "--retry-delay", "--decryption-key", "--preserve-fd", "--health-log-destination"],
    ...[
      "--health-max-log-count",
      "--health-max-log-size",
      "--health-on-failure",
      "--hosts-file",
      "--device-cgroup-rule",
    ],
    ...["--creds", "--cert-dir", "--shm-size-systemd", "--restart-policy", "--exit-policy", "--infra-name"],
    ...[
      "--log-opt",
      "--add-compression",
      "--build-context",
      "--configmap",
      "--config",
      "--module",
      "--imagestore",
    ],
  ],
};

const known = new Map<string, Table>();

/** The options of a command: "run", "pod create"; "" for those that stand before a command. */
function optionsOf(tool: Tool, command: string): Table {
  const key = `${tool} ${command}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const commands = made[tool].commands as Readonly<
    Record<string, { readonly switches: readonly string[]; readonly values: readonly string[] }>
  >;
  // What run takes create takes too, but for few that one of them hides.
  const names = command === "run" || command === "create" ? ["run", "create"] : [command];
  const all = names.flatMap((name) => commands[name] ?? []);
  const values = new Set([...all.flatMap((one) => one.values), ...others.values]);
  const switches = new Set([...all.flatMap((one) => one.switches), ...others.switches]);
  for (const { values: own } of all) for (const option of own) switches.delete(option);
  for (const { switches: own } of all) for (const option of own) values.delete(option);
  const table = { switches, values };
  known.set(key, table);
  return table;
}

/** Whether an option takes the word after it. Of one that nobody knows the word tells: a value is no option. */
export function takesValue(option: string, next: string | undefined, tool: Tool, command: string): boolean {
  const { switches, values } = optionsOf(tool, command);
  if (switches.has(option)) return false;
  if (values.has(option)) return true;
  return next !== undefined && !next.startsWith("-");
}
