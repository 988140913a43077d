import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chain } from "../../components/observability-stack/dashboards/queries";
import { hasCluster, hasMeasurements } from "../../lab/drills/list";
import { kubectl } from "../cluster/kubectl";
import { ask } from "../inference/client";
import { Fake } from "../inference/fakes";
import { find, secondsToFind } from "../support/alerts";
import { until } from "../support/until";
import { ChainTable, shownOf } from "../support/chain";
import { ChainAgent } from "../support/chain-agent";
import { graphql, launchSample } from "../support/dagster";
import { ChangedConfig, up, well } from "../support/stack";
import { newId } from "../support/trace";
import { agentsHandedOut } from "./tasks";

const account = new Fake("second", { ms: 150, limits: { tokens: 24_000, requests: 10_000 } });
const config = new ChangedConfig("compute");
/** Dagster alone: lab/agents has a model server of its own on compute, where Ollama's port is. */
const dagsterAlone = () =>
  config.with([
    [["homelab:compute", "enabled"], true],
    ...["mlflow", "vllm", "llamaCpp", "ollama"].map(
      (key) => [["homelab:compute", key, "enabled"], false] as const,
    ),
  ]);
/** Has Dagster make the sample's table, in the chain. @returns the run's id once it has succeeded */
async function materialize(id: string): Promise<string> {
  const run = launchSample("chain", 1000, id);
  await until(
    `that the run ${run} succeeded`,
    () =>
      graphql(`{ runOrError(runId: "${run}") { ... on Run { status } } }`).includes("SUCCESS") || undefined,
    300,
  );
  return run;
}

/** With `lab/agents on`, `lab/cluster on` and `lab/observability on`. */
describe.skipIf(!hasCluster() || !hasMeasurements())("a request made on desktop by a small agent", () => {
  let agent: ChainAgent | undefined;
  let table: ChainTable | undefined;
  let outputs: ReturnType<typeof agentsHandedOut>;

  beforeAll(async () => {
    await account.listen(4812);
    outputs = agentsHandedOut();
    well(up("compute", ...dagsterAlone()));
    await until(
      "that Dagster is up",
      () =>
        ["dagster-webserver", "dagster-daemon", "dagster-code"].every(
          (name) =>
            kubectl([
              "get",
              "deployment",
              name,
              "-n",
              "homelab-compute",
              "-o",
              "jsonpath={.status.readyReplicas}",
            ]) === "1",
        ) || undefined,
      600,
    );
    table = await ChainTable.open();
    agent = await ChainAgent.open();
  }, 1_200_000);
  afterAll(async () => {
    await agent?.close();
    await table?.close();
    await account.close();
    well(up("compute"));
    config.remove();
  }, 600_000);

  it(
    "is one chain through NATS, PostgreSQL, a model's answer and a run of Dagster",
    { timeout: 600_000 },
    async () => {
      if (agent === undefined || table === undefined) throw new Error("not connected");
      const book = table;
      const gateway = { url: outputs.INFERENCE_URL, key: () => outputs.passwords.inference?.tester ?? "" };
      const id = newId();
      const answer = await agent.task(id, 500, async (own) => {
        await book.note(own, "looked", "select 1 / 0");
        const { status } = await ask(gateway, { model: "chat", chain: own });
        await book.note(own, `asked a model: ${status}`);
        await book.note(own, `made numbers: ${await materialize(own)}`);
      });
      expect(answer.string()).toBe("done");

      // In PostgreSQL: Grafana's page asks the same view.
      expect(shownOf(id)).toEqual([
        "agent|looked",
        "agent|asked a model: 200",
        expect.stringMatching(/^agent\|made numbers: [0-9a-f-]{36}$/),
      ]);
      // In the logs, by one query: the agent, the gateway's door and LiteLLM on desktop, PostgreSQL, the run's pod.
      const logs = `_time:1h ${chain.logs.victorialogs.replace("$correlation_id", id)}`;
      const from = (line: Readonly<Record<string, string>>) =>
        line.POD_NAME?.startsWith("dagster-run-")
          ? `${line._HOSTNAME ?? "?"} dagster-run`
          : `${line._HOSTNAME ?? "?"} ${line._SYSTEMD_UNIT ?? ""}${line.SYSLOG_IDENTIFIER === "scout" ? "scout" : ""}`;
      const wanted = ["compute dagster-run", "desktop inference.service", "storage postgres.service"];
      const lines = await until(
        "that the lines of all arrived",
        () => {
          const found = find(logs);
          const sources = new Set(found.map(from));
          console.log([...sources].sort().join(", "));
          return wanted.every((one) => sources.has(one)) && [...sources].some((one) => one.endsWith("scout"))
            ? found
            : undefined;
        },
        180,
      );
      expect(lines.map(({ _msg }) => _msg).join("\n")).toMatch(/1000 rows in s3:/);
      const seconds = secondsToFind(logs);
      console.log(`${lines.length} lines of the chain, found in ${seconds} s`);
      expect(seconds).toBeLessThan(1);
    },
  );
});
