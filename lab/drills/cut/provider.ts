/**
 * provider.ts FROM: changes a unit and a secret on storage, again and again, by the very code that the provider runs; says
 * `unit N` and `secret N` when it was told that N is done. A process of its own, so that it can be ended at once.
 */
import { applySecret } from "../../../remote/secret";
import { applyUnit } from "../../../remote/unit/unit";
import { secretOf, unitOf } from "./work";

const never = new AbortController().signal;
const from = Number(process.argv[2]);

async function goOn(what: string, once: (n: number) => Promise<unknown>): Promise<never> {
  for (let n = from + 1; ; n += 1) {
    await once(n);
    process.stdout.write(`${what} ${n}\n`);
  }
}

Promise.all([
  goOn("unit", (n) => applyUnit(unitOf(n), never)),
  goOn("secret", (n) => applySecret(secretOf(n), never)),
]).catch((error: unknown) => {
  process.stdout.write(`failed ${String(error).replaceAll("\n", " ")}\n`);
  process.exitCode = 1;
});
