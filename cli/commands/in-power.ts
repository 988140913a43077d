import type { Power } from "../../power/house";
import type { HouseOptions } from "../program/command";
import { inHouse, print } from "./house";

/** What wake, sleep and power work on. */
export const inPower = (options: HouseOptions, act: (power: Power) => Promise<void>): Promise<undefined> =>
  inHouse(options, async ({ topology, key }) => {
    const { machinesOf } = await import("../../power/machines");
    await act({ topology, machines: machinesOf(topology, key), say: print });
    return undefined;
  });
