import { columns } from "../../../cli/terminal";
import { errorMessage } from "../../../packages/errors";
import { closeAll } from "../../../remote/ssh";
import { entriesOf, meshAddress } from "../../../tests/support/mesh";
import { nodeNames } from "../../../topology";
import { lockedOutByFirewall, lockedOutByPolicy } from "./lockout";
import { coordinationOff, expiredKey, joining, relayed, stranger, wiped } from "./members";
import type { Scenario } from "./scenario";

/**
 * `make drill-mesh`: what becomes of the mesh when something of it is really broken, and how long it takes. Each fault is put
 * right by the program or by itself; at the end the three are members with the addresses that they had.
 */
const scenarios: readonly Scenario[] = [
  coordinationOff,
  relayed,
  stranger,
  lockedOutByFirewall,
  lockedOutByPolicy,
  expiredKey,
  wiped,
  joining,
];

const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

async function main(): Promise<void> {
  const rows: string[][] = [];
  let wrong = 0;
  const only = (process.env.ONLY_OF ?? "").split(",").filter((one) => one !== "");
  const unknown = only.filter((name) => !scenarios.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`There is no fault ${unknown.join(", ")} of the mesh.`);
  for (const { what, name, run } of scenarios) {
    if (only.length > 0 && !only.includes(name)) continue;
    say(what);
    try {
      for (const [measured, value] of await run()) {
        say(`  ${measured}: ${value}`);
        rows.push([what, measured, value]);
      }
    } catch (error) {
      wrong++;
      say(`  ${errorMessage(error)}`);
      rows.push([what, "failed", errorMessage(error).split("\n")[0] ?? ""]);
    }
  }
  for (const node of nodeNames) {
    const there = entriesOf(node).map(({ ip_addresses: all }) => all[0]);
    if (there.length === 1 && there[0] === meshAddress(node)) continue;
    wrong++;
    rows.push(["at the end", `${node}'s entries`, there.join(", ") || "none"]);
  }
  process.stdout.write(`${columns([["fault", "what was measured", ""], ...rows]).join("\n")}\n`);
  if (wrong > 0) process.exitCode = 1;
  await closeAll();
}

void main();
