import { isRecord, type Json } from "../../values";

/**
 * Whether all of what is declared is so in what the server has. It adds what it has defaults for, and gives lists of words
 * in any order.
 */
export function holds(declared: Json | undefined, live: Json | undefined): boolean {
  if (Array.isArray(declared)) {
    if (!Array.isArray(live) || live.length !== declared.length) return false;
    const sorted = (list: readonly Json[]) =>
      list.every((one) => typeof one === "string") && [...list].sort();
    const [wanted, found] = [sorted(declared), sorted(live)];
    if (wanted !== false && found !== false) return wanted.join("\0") === found.join("\0");
    return declared.every((one, index) => holds(one, live[index]));
  }
  if (isRecord(declared)) {
    return isRecord(live) && Object.entries(declared).every(([key, value]) => holds(value, live[key]));
  }
  return declared === live;
}
