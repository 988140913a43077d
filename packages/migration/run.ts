import { within } from "./access";
import { move, type Moved, type Say } from "./move";
import { sourceFromNode, type Prepared, type Request } from "./prepare";
import { lock } from "./target";

/**
 * Moves what is not moved yet; whoever else runs the same migration is refused meanwhile.
 * @throws Different when something does not come out the same, Error with one sentence for all else
 */
export async function runMigration(
  request: Request,
  { plan, source, target, folder, found }: Prepared,
  say: Say,
  readOnlySource = false,
): Promise<Moved[]> {
  return within(target, "postgres", async (session) => {
    await lock(session, request.name, found.node);
    const way = await sourceFromNode(request, source);
    try {
      return await move(
        {
          ...{ name: request.name, source, target, folder, sourceFromNode: way, say },
          ...{ jobs: plan.jobs, memoryKb: plan.memoryKb, systemIdentifier: found.source.systemIdentifier },
        },
        plan.databases,
        readOnlySource,
      );
    } finally {
      way.close();
    }
  });
}
