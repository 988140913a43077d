import { runCommand } from "./command";
import { planPromotion } from "./pair/plan";
import { carryOut, given, look, otherOf, show } from "./pair/run";

/**
 * `npm run --silent promote`: without a node shows how storage's PostgreSQL and its standby stand; with one makes that
 * node's the primary of the two. See docs/runbooks/promote.md.
 */
const usage =
  "npm run --silent promote -- [--topology FILE] [--identity KEY] [--switch-over | --force-after-fencing] [--yes] [storage|desktop]";

async function main(): Promise<number> {
  const args = given(["switch-over", "force-after-fencing"], usage);
  const members = [await look("storage", args), await look("desktop", args)] as const;
  show(members);
  const { node, flags } = args;
  if (node === undefined) return 0;
  const [storage, desktop] = members;
  const target = node === "storage" ? storage : desktop;
  const other = otherOf(node) === "storage" ? storage : desktop;
  const options = { switchOver: flags.has("switch-over"), force: flags.has("force-after-fencing") };
  if (options.switchOver && options.force) {
    throw new Error(`Say one of --switch-over and --force-after-fencing: ${usage}`);
  }
  const code = await carryOut(planPromotion(target, other, options), args, node);
  if (code === 0 && node === "desktop") {
    process.stdout.write(
      "\nClients with both hosts (failoverDsns) find it by themselves. storage's stack waits until storage is primary again: docs/runbooks/promote.md.\n",
    );
  }
  return code;
}

runCommand(main);
