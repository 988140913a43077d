import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { CutDisk } from "../../../tests/support/cut-disk";
import { onNode } from "../../../tests/support/lab";
import { NatsServer, passwordOf } from "../../../tests/support/nats-server";
import { ChangedConfig, natsHandedOut, preview, up, well } from "../../../tests/support/stack";
import type { Nats } from "./streams";

/** Where NATS runs, and loses its power with what was not synced. */
export interface Place {
  /** What is cut. */
  readonly name: string;
  readonly nats: Nats;
  cut(): Promise<unknown>;
  start(): Promise<unknown>;
  /** As it was before. */
  end(): Promise<unknown>;
}

const run = promisify(execFile);

/** The lab's desktop, with the house's own quadlet. */
export function onDesktop(syncInterval: string): Promise<Place> {
  const config = new ChangedConfig("desktop");
  well(up("desktop", ...config.with([[["homelab:nats", "syncInterval"], syncInterval]])));
  config.remove();
  const power = (...args: string[]) => run(join(__dirname, "../../node"), args, { timeout: 600_000 });
  return Promise.resolve({
    name: "desktop",
    nats: natsHandedOut(),
    cut: () => power("kill", "--lose-cache", "desktop"),
    start: () => power("start", "desktop"),
    end: () => {
      // With another setting than `always` a stream that was just made may be there without its description: NATS cannot read
      // it, cannot be asked to delete it, and is not healthy until it is gone.
      onNode(
        "desktop",
        "systemctl stop nats && rm -rf /srv/homelab/nats/jetstream/*/streams/LAB_CUT* && systemctl start nats",
      );
      well(up("desktop"));
      well(preview("desktop", "--expect-no-changes"));
      return Promise.resolve();
    },
  });
}

/** The same server on this computer, on a disk of its own. */
export async function here(syncInterval: string): Promise<Place> {
  const disk = await CutDisk.make();
  const server = await NatsServer.start({}, { data: join(disk.path, "data"), syncInterval });
  return {
    name: "a disk of this computer's",
    nats: { NATS_URL: server.address, passwords: { nats: { agent: passwordOf("agent") } } },
    cut: async () => {
      await disk.lose(server.pid);
      await server.kill();
    },
    start: async () => {
      await disk.again();
      server.run();
    },
    end: async () => {
      await server.stop();
      await disk.remove();
    },
  };
}
