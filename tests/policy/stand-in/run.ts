import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { stringify } from "yaml";
import type { PulumiHome } from "./home";

/** The policy pack's folder. */
export const pack = join(__dirname, "../../../policies");

/** Runs a Pulumi command on the programs of this folder. */
export function run(
  home: PulumiHome,
  args: readonly string[],
  env: Record<string, string> = {},
): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync("pulumi", ["--non-interactive", ...args], {
    cwd: join(__dirname, ".."),
    encoding: "utf8",
    env: { ...home.env, ...env },
    timeout: 110_000,
  });
  return { code: status, said: `${stdout}\n${stderr}` };
}

/** The house of the scenarios; `lifecycle` changes that of nodes. */
export function topologyText(lifecycle: Readonly<Record<string, string>>): string {
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ4";
  const node = (name: string, address: string, own: string) => ({
    address,
    lifecycle: lifecycle[name] ?? own,
    memory: "16GB",
    hostKey: key,
  });
  return stringify({
    nodes: {
      storage: node("storage", "10.0.0.1", "always-on"),
      desktop: node("desktop", "10.0.0.2", "always-on"),
      compute: node("compute", "10.0.0.3", "on-demand"),
    },
    storageClasses: { network: ["nfs-client"] },
  });
}
