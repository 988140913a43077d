import type { Power } from "../../power/context";
import type { NodeOptions } from "../program/command";
import { withNodes, print } from "./nodes";

/** What wake, sleep and power work on. */
export const inPower = (options: NodeOptions, act: (power: Power) => Promise<void>): Promise<undefined> =>
  withNodes(options, async ({ topology, key }) => {
    const { machinesOf } = await import("../../power/machines");
    await act({ topology, machines: machinesOf(topology, key), say: print });
    return undefined;
  });
