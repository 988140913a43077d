import { lab } from "../support/lab";

/** On or off, as whoever holds the power switch sees it. */
export const status = (): string => lab("node", "status", "compute").trim();

/** Waits until compute is off; the machine has ended some moments after it has closed its doors. @throws Error after the limit */
export async function off(seconds: number): Promise<void> {
  for (const until = Date.now() + 1_000 * seconds; status() !== "off"; await sleep(0.3)) {
    if (Date.now() > until) throw new Error(`compute does not go off within ${seconds} s.`);
  }
}

export const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, 1_000 * seconds));
