import { runCommand } from "./command";
import { planRejoin } from "./pair/plan";
import { carryOut, given, look, otherOf, show } from "./pair/run";

/**
 * `npm run --silent rejoin -- NODE`: makes a node's PostgreSQL a standby of the other node's, with a new copy of its
 * data. What the node had is set aside, not deleted. See docs/runbooks/promote.md.
 */
const usage = "npm run --silent rejoin -- [--topology FILE] [--identity KEY] [--yes] storage|desktop";

async function main(): Promise<number> {
  const args = given([], usage);
  if (args.node === undefined) throw new Error(`Say which node, storage or desktop: ${usage}`);
  const target = await look(args.node, args);
  const other = await look(otherOf(args.node), args);
  show([target, other]);
  return carryOut(planRejoin(target, other), args, args.node);
}

runCommand(main);
