import { expect, it } from "vitest";
import { isRecord, type Json } from "../../values";
import { automationDifferences } from "./automations";
import type { Ask } from "./request";

/** What a server without automations is told to make. */
async function made(): Promise<Readonly<Record<string, Json>>[]> {
  const bodies: Readonly<Record<string, Json>>[] = [];
  const ask: Ask = (method, path, schema, body) => {
    if (path === "/automations/" && method === "POST") bodies.push(body as Readonly<Record<string, Json>>);
    return Promise.resolve(schema.parse(path === "/automations/filter" ? [] : {}));
  };
  const flow = { name: "homelab-job", path: "/opt/homelab", entrypoint: "job_flow.py:job" };
  for (const { mend } of await automationDifferences({ alertmanager: undefined, flow }, ask)) await mend();
  return bodies;
}

it("only a run of the house's jobs is handed on when its worker vanished: what people's own flows do would be done twice", async () => {
  const silent = (await made()).filter(
    ({ trigger }) => isRecord(trigger) && JSON.stringify(trigger.after ?? []).includes("heartbeat"),
  );
  expect(silent.map(({ trigger, actions }) => [isRecord(trigger) && trigger.match_related, actions])).toEqual(
    [
      [
        { "prefect.resource.role": "flow", "prefect.resource.name": "homelab-job" },
        [expect.objectContaining({ state: "SCHEDULED", name: "WorkerLost" })],
      ],
      [
        { "prefect.resource.role": "flow", "prefect.resource.name": "!homelab-job" },
        [expect.objectContaining({ state: "CRASHED" })],
      ],
    ],
  );
});

it("whatever ends a wait of one automation is known to it: the states that the others set, too", async () => {
  const bodies = await made();
  const set = bodies.flatMap(({ actions }) =>
    (actions as { name?: string }[]).map(({ name }) => name ?? "Crashed"),
  );
  expect([...new Set(set)].sort()).toEqual(["Crashed", "HandedOverAgain", "WorkerLost"]);
  for (const { trigger } of bodies) {
    if (!isRecord(trigger) || trigger.posture !== "Proactive") continue;
    const known = [...(trigger.after as string[]), ...(trigger.expect as string[])];
    expect(known).toEqual(
      expect.arrayContaining(["prefect.flow-run.Crashed", "prefect.flow-run.HandedOverAgain"]),
    );
  }
});

it("a run that is begun again, which Prefect calls Rerunning or Retrying, has begun", async () => {
  const waits = (await made()).flatMap(({ trigger }) =>
    isRecord(trigger) && JSON.stringify(trigger.expect).includes('"prefect.flow-run.Running"')
      ? [trigger.expect]
      : [],
  );
  expect(waits).toHaveLength(2);
  for (const expected of waits)
    expect(expected).toEqual(
      expect.arrayContaining(["prefect.flow-run.Rerunning", "prefect.flow-run.Retrying"]),
    );
});
