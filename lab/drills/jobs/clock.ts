import { readFileSync } from "node:fs";
import { onNode } from "../../../tests/support/lab";
import { seconds } from "../../../tests/support/pair";
import { ChangedConfig, up, well } from "../../../tests/support/stack";

/**
 * A clock that the drill turns: that of Prefect's server alone, by a library that answers in the kernel's place, for the
 * lab's machines share this computer's. What measures time, instead of telling it, goes on as it did.
 * @see https://github.com/wolfcw/libfaketime
 */

/** Prefect's own directory on storage; `/data` in its container. */
const directory = "/srv/homelab/prefect";
const environment = [
  "LD_PRELOAD=/data/drill-clock.so",
  "FAKETIME_TIMESTAMP_FILE=/data/drill-clock",
  "FAKETIME_CACHE_DURATION=1",
  "FAKETIME_DONT_FAKE_MONOTONIC=1",
];

/** How far the server's clock is from this computer's, seconds. */
const ahead = () =>
  Number(onNode("storage", "podman exec prefect python3 -c 'import time; print(time.time())'").trim()) -
  Date.now() / 1000;

/** @param offset seconds beside the right time */
async function turn(offset: number): Promise<void> {
  const said = `${offset < 0 ? "-" : "+"}${Math.abs(offset)}s`;
  onNode("storage", `printf %s ${said} >${directory}/drill-clock.new && mv ${directory}/drill-clock{.new,}`);
  // It is read again once a second.
  await seconds(2);
  const by = ahead();
  if (Math.abs(by - offset) > 30) throw new Error(`the clock is ${by.toFixed(0)} s ahead, not ${offset}`);
}

/** Runs with a server whose clock can be turned; afterwards it is as it was before. */
export async function withTurnedClock<T>(what: (turn: (offset: number) => Promise<void>) => Promise<T>) {
  const library = process.env.FAKETIME_LIBRARY ?? "";
  if (library === "") throw new Error("libfaketime is not there: FAKETIME_LIBRARY names no file.");
  const content = readFileSync(library).toString("base64");
  onNode(
    "storage",
    `base64 -d >${directory}/drill-clock.so && printf +0s >${directory}/drill-clock`,
    content,
  );
  const config = new ChangedConfig();
  try {
    const quadlet = { Container: { Environment: environment } };
    well(up("storage", ...config.with([[["homelab:prefect", "quadlet"], quadlet]])));
    return await what(turn);
  } finally {
    well(up("storage"));
    config.remove();
    onNode("storage", `rm -f ${directory}/drill-clock*`);
  }
}
