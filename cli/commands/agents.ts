import { HomelabCommand, wholeNumber, type NodeOptions, type OutputOptions } from "../program/command";
import { print, printJson, withNodes } from "./nodes";

interface Options extends NodeOptions, OutputOptions {
  readonly limit: number;
}

export const agents = () =>
  new HomelabCommand("agents")
    .summary("show each agent, its task, the queues, and what is left of accounts and budgets")
    .description(
      "Asks desktop: each agent of homelab:agents (what it works on or waits for, since when, at which try, how often it was started again), each pool's queue, and what the gateway used of each account in the last minute and of its budget. Nothing is changed, and no passphrase is needed. What an agent does is known from the lines that docs/agents.md asks of it; what did not answer is said to be not known.",
    )
    .option("--limit <seconds>", "how long all of it may take", wholeNumber(1, 600), 10)
    .house()
    .json()
    .exits(0, "all was seen, and every agent runs")
    .exits(1, "an agent does not run, or a task was given up")
    .exits(3, "something did not answer in time")
    .example("homelab agents", "a page in the terminal")
    .example("homelab agents --output json", "the same for a program")
    .runs((options: Options) =>
      withNodes(options, async ({ connection }) => {
        const { lookAtStatus } = await import("../../remote/status");
        const { agentsOf, verdict } = await import("../agents/seen");
        const { page } = await import("../agents/page");
        const seen = agentsOf(await lookAtStatus(connection("desktop"), options.limit * 1000, "agents"));
        if (options.output === "json") printJson({ verdict: verdict(seen), ...seen });
        else print(page(seen));
        return verdict(seen);
      }),
    );
