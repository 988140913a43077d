/** A home for Pulumi with the toolchain's plugins and stand-ins for those that cannot be had without a network. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerVersion } from "../docker";

const root = join(__dirname, "../../..");

export interface PulumiHome {
  readonly env: NodeJS.ProcessEnv;
  /** A folder of its own for state and stack files. */
  readonly folder: string;
  remove(): void;
}

/** Makes one; state is kept in a folder that goes with it. */
export function pulumiHome(): PulumiHome {
  const folder = mkdtempSync(join(tmpdir(), "homelab-policy-"));
  const toolchain = toolchainEnv();
  const plugins = join(folder, "home/plugins");
  mkdirSync(plugins, { recursive: true });
  mkdirSync(join(folder, "state"));
  const from = join(toolchain.PULUMI_HOME ?? "", "plugins");
  for (const { name } of readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    // Pulumi passes over a plugin's folder that is a link; what is in it may be one.
    mkdirSync(join(plugins, name));
    for (const file of readdirSync(join(from, name)))
      symlinkSync(join(from, name, file), join(plugins, name, file));
  }
  standIn(plugins, "kubernetes", versionOf("kubernetes"));
  standIn(plugins, "docker", dockerVersion);
  // A package nobody has heard of.
  standIn(plugins, "nobody", "1.0.0");
  const env = {
    ...process.env,
    PATH: `${toolchain.PATH ?? ""}:${process.env.PATH ?? ""}`,
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    NO_COLOR: "1",
  };
  return {
    env,
    folder,
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function toolchainEnv(): Record<string, string> {
  const text = execFileSync(join(root, "packages/plugins/toolchain.sh"), ["env"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return Object.fromEntries(
    [...text.matchAll(/^export (\w+)=(.*)$/gm)].map((found) => [
      found[1] ?? "",
      (found[2] ?? "").replace(/:"\$PATH"$/, "").replace(/^'(.*)'$/, "$1"),
    ]),
  );
}

function versionOf(name: string): string {
  const file = join(root, `node_modules/@pulumi/${name}/package.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

function standIn(plugins: string, name: string, version: string): void {
  const folder = join(plugins, `resource-${name}-v${version}`);
  // The toolchain's own wants a cluster; what is asked here is only what is declared.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const file = join(folder, `pulumi-resource-${name}`);
  const provider = join(__dirname, "provider.ts");
  writeFileSync(
    file,
    `#!/bin/sh\ncd '${root}' && STAND_IN_VERSION='${version}' exec node --import tsx '${provider}'\n`,
  );
  chmodSync(file, 0o755);
}
