import { execFileSync, spawn, type ChildProcessByStdio } from "node:child_process";
import { createConnection } from "node:net";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { ConnectionArgs } from "../../remote/connection-args";
import { connectionOf, loadTopology, type NodeName, type Topology } from "../../topology";
import { freePort } from "./ports";

/** The lab's machines, for tests of the project `lab`; they run inside the lab's network (`lab/in`). */
const root = join(__dirname, "../..");

export const labTopology = (): Topology => loadTopology(join(root, "lab/state/topology.yaml"));

export function labConnection(node: NodeName): ConnectionArgs {
  return connectionOf(labTopology().nodes[node], join(root, "lab/state/id_lab"));
}

/** Runs a command on a lab machine, as a person would with lab/ssh. */
export function onNode(node: NodeName, command: string, input = ""): string {
  return execFileSync(join(root, "lab/ssh"), [node, command], {
    encoding: "utf8",
    input,
    stdio: ["pipe", "pipe", "pipe"],
    timeout: 120_000,
  });
}

/** Where a node notes that a directory is on a disk of its own. */
export const diskNote = (directory: string): string =>
  `/var/lib/homelab/mounts/${directory.replaceAll("/", "%")}`;

/** Begins a command on a lab machine that goes on until it is ended; its input stays open. */
export function beginOnNode(node: NodeName, command: string): ChildProcessByStdio<Writable, Readable, null> {
  const begun = spawn(join(root, "lab/ssh"), [node, command], { stdio: ["pipe", "pipe", "ignore"] });
  begun.stdin.on("error", () => undefined);
  return begun;
}

/**
 * A port of loopback that leads to what a lab machine reaches, as if this program ran there.
 * @param to `host:port` as the machine knows it
 */
export async function tunnelBy(node: NodeName, to: string): Promise<{ port: number; close: () => void }> {
  const port = await freePort();
  const begun = spawn(join(root, "lab/ssh"), [node, "-N", "-L", `${port}:${to}`], { stdio: "ignore" });
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = createConnection(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      }).on("error", () => {
        resolve(false);
      });
    });
  while (begun.exitCode === null && !(await answers())) await new Promise((done) => setTimeout(done, 100));
  if (begun.exitCode !== null) throw new Error(`${node} lets nobody through to ${to}.`);
  return { port, close: () => begun.kill() };
}

/** Runs one of the lab's commands; returns what it prints. */
export function lab(command: string, ...args: string[]): string {
  return execFileSync(join(root, "lab", command), args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 600_000,
    cwd: root,
  });
}
