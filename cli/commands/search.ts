import { HomelabCommand, type OutputOptions } from "../program/command";
import type { Verb } from "./search/run";

export const search = () =>
  new HomelabCommand("search")
    .summary("the search schema in PostgreSQL, and its copy in Qdrant")
    .description(
      "The schema of the search in PostgreSQL, and the copy in Qdrant that is derived from it. Where they are is in the environment: POSTGRES_DSN (agent_gateway, as its owner), QDRANT_URL and, where the server wants one, QDRANT_API_KEY. See docs/search.md.",
    )
    .example("homelab search status", "what is stored, and how far the copy is behind")
    .example("homelab search sync", "sends Qdrant what changed since")
    .verbs(
      verb("migrate", "create the schema in PostgreSQL, or what is missing of it"),
      verb("rebuild", "build Qdrant's copy from PostgreSQL").json(),
      verb("sync", "send Qdrant what changed since; rebuild the copy when it is gone").json(),
      verb("status", "show what is stored, and how far the copy is behind").json(),
    );

function verb(name: Verb, what: string): HomelabCommand {
  return new HomelabCommand(name).description(what).runs(async ({ output }: Partial<OutputOptions>) => {
    const { search } = await import("./search/run");
    return search(name, output ?? "text");
  });
}
