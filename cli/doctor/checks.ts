import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { dependencies, engines } from "../../package.json";
import { ask, missing, note, ok, type Ask, type Check } from "./check";

/** Compares versions by their numbers: whether `version` is `least` or newer. */
export function atLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => (text.match(/\d+/g) ?? []).slice(0, 3).map(Number));
  for (let at = 0; at < 3; at += 1) {
    const difference = (have?.[at] ?? 0) - (want?.[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

export function node(version = process.versions.node): Check {
  const least = engines.node.replace(/[^\d.]/g, "");
  return atLeast(version, least)
    ? ok("Node.js", version)
    : missing("Node.js", `${version}: ${least} or newer is needed: https://nodejs.org/en/download`);
}

export function pulumi(run: Ask = ask): Check {
  const version = run("pulumi", ["version"]);
  const sdk = dependencies["@pulumi/pulumi"];
  if (version === undefined)
    return missing(
      "Pulumi",
      "no `pulumi` in PATH: https://www.pulumi.com/docs/install, or in the lab `lab/pulumi`, which brings its own",
    );
  return atLeast(version, sdk)
    ? ok("Pulumi", version.replace(/^v/, ""))
    : note("Pulumi", `${version}: older than the SDK of this project, ${sdk}; update it if a run complains`);
}

/** The plugins of packages in package.json that have one; this project's own provider stands in the project. */
export function plugins(run: Ask = ask): readonly Check[] {
  const listed = run("pulumi", ["plugin", "ls", "--json"]);
  if (listed === undefined) return [];
  const there = JSON.parse(listed) as readonly { readonly name: string; readonly version?: string }[];
  return (["random", "minio"] as const).map((name) => {
    const wanted = dependencies[`@pulumi/${name}`];
    const versions = there
      .filter((plugin) => plugin.name === name)
      .map(({ version }) => version ?? "unknown");
    if (versions.includes(wanted)) return ok(`plugin ${name}`, wanted);
    return note(
      `plugin ${name}`,
      `${wanted} is not here: \`pulumi install\` fetches it, or the first run does`,
    );
  });
}

const minorOf = (version: string | undefined): number | undefined => {
  const minor = /^v?1\.(\d+)/.exec(version ?? "")?.[1];
  return minor === undefined ? undefined : Number(minor);
};

/** Its client is of 2025; an older one fails on what today's API servers have. */
const oldestK9s = "0.50";

/**
 * What people use the cluster with. Neither is needed by this program.
 * @param server version of the cluster
 * @see https://kubernetes.io/releases/version-skew-policy/#kubectl
 */
export function clusterTools(server: string, run: Ask = ask): readonly Check[] {
  const of = minorOf(server) ?? 0;
  const fitting = `1.${of - 1} to 1.${of + 1} fit the cluster, ${server}`;
  const kubectl = /"gitVersion": *"([^"]+)"/.exec(
    run("kubectl", ["version", "--client", "-o", "json"]) ?? "",
  )?.[1];
  const k9s = /v?\d+\.\d+\.\d+/.exec(run("k9s", ["version", "--short"]) ?? "")?.[0];
  const there = minorOf(kubectl);
  return [
    there === undefined || kubectl === undefined
      ? note("kubectl", `not here: ${fitting}: https://kubernetes.io/docs/tasks/tools`)
      : Math.abs(there - of) <= 1
        ? ok("kubectl", kubectl.replace(/^v/, ""))
        : note("kubectl", `${kubectl}: ${fitting}`),
    k9s === undefined
      ? note("k9s", `not here: ${oldestK9s} or newer fits: https://k9scli.io/topics/install`)
      : atLeast(k9s, oldestK9s)
        ? ok("k9s", k9s.replace(/^v/, ""))
        : note("k9s", `${k9s}: ${oldestK9s} or newer fits`),
  ];
}

/** The stacks' passphrase: from a variable or a file, unless the stack files name another secrets provider. */
export function passphrase(environment: NodeJS.ProcessEnv, stackFiles: readonly string[]): Check {
  const what = "passphrase";
  if (stackFiles.length > 0 && stackFiles.every((text) => /^secretsprovider:/m.test(text)))
    return ok(what, "not needed: the stack files name a secrets provider");
  if (environment.PULUMI_CONFIG_PASSPHRASE !== undefined) return ok(what, "in PULUMI_CONFIG_PASSPHRASE");
  const file = environment.PULUMI_CONFIG_PASSPHRASE_FILE;
  if (file === undefined)
    return note(
      what,
      "neither PULUMI_CONFIG_PASSPHRASE nor PULUMI_CONFIG_PASSPHRASE_FILE is set: pulumi asks for it, and ends where nobody answers",
    );
  if (!existsSync(file))
    return missing(what, `PULUMI_CONFIG_PASSPHRASE_FILE names ${file}, which is not there`);
  return (statSync(file).mode & 0o077) === 0
    ? ok(what, `in ${file}`)
    : note(what, `in ${file}, which others on this computer may read: chmod 600 ${file}`);
}

/** @param key as `identity` of settings chose it */
export function sshKey(key: string | undefined, environment: NodeJS.ProcessEnv, run: Ask = ask): Check {
  const what = "SSH key";
  if (key === undefined) {
    if ((environment.SSH_AUTH_SOCK ?? "") === "")
      return missing(
        what,
        "no ~/.ssh/id_ed25519 and no SSH agent: ssh-keygen -t ed25519, or say --identity KEY",
      );
    return run("ssh-add", ["-l"]) === undefined
      ? missing(what, "the SSH agent holds no key: ssh-add")
      : ok(what, "held by the SSH agent");
  }
  const path = resolve(key.replace(/^~(?=\/)/, homedir()));
  return (statSync(path).mode & 0o077) === 0
    ? ok(what, key)
    : note(what, `${key} may be read by others on this computer, and ssh refuses it then: chmod 600 ${key}`);
}

export function stackFiles(folder: string, names: readonly string[]): readonly string[] {
  return names
    .map((name) => join(folder, `Pulumi.${name}.yaml`))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8"));
}
