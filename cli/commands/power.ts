import { status, table } from "../../power/status";
import { powerCommand } from "./power-command";

const usage = `npm run --silent power -- [--topology FILE] [--identity KEY]

Shows which nodes are on or off, since when and why, and when they will be woken. A node that is off is no error: exit 0.`;

powerCommand(usage, {}, async (power, _values, names) => {
  if (names.length > 0) throw new Error(`There is nothing to name here.\n${usage}`);
  process.stdout.write(table(await status(power)));
});
