import { z } from "zod";
import type { Json } from "../../values";
import type { Difference } from "../differences";
import { holds } from "./holds";
import type { Deployment, JobsInputs } from "./inputs";
import { anything, madeOnce, withId, type Ask } from "./request";

/** By it those are known that this program made. */
const ours = "homelab";

const live = z.looseObject({
  id: z.string(),
  name: z.string(),
  paused: z.boolean(),
  tags: z.array(z.string()),
  parameters: z.record(z.string(), z.json()),
  labels: z.record(z.string(), z.json()).nullish(),
  schedules: z.array(z.looseObject({ schedule: z.record(z.string(), z.json()), active: z.boolean() })),
});
type Live = z.infer<typeof live>;

const pageSize = 200;

/** All deployments of the flow. */
async function allOf(flow: string, ask: Ask): Promise<Live[]> {
  const all: Live[] = [];
  for (;;) {
    const page = await ask("POST", "/deployments/filter", z.array(live), {
      flows: { name: { any_: [flow] } },
      sort: "NAME_ASC",
      limit: pageSize,
      offset: all.length,
    });
    all.push(...page);
    if (page.length < pageSize) return all;
  }
}

/** Work pools are made with nothing in them: a worker fills in the rest when it comes. */
async function poolDifferences({ pools }: JobsInputs, ask: Ask): Promise<Difference[]> {
  const known = await ask(
    "POST",
    "/work_pools/filter",
    z.array(z.object({ name: z.string(), type: z.string(), is_paused: z.boolean() })),
    { limit: pageSize },
  );
  return pools.flatMap((name): Difference[] => {
    const pool = known.find((one) => one.name === name);
    if (pool === undefined)
      return [
        {
          says: `The work pool ${name} is missing.`,
          mend: () =>
            madeOnce(ask("POST", "/work_pools/", anything, { name, type: "process", base_job_template: {} })),
        },
      ];
    if (!pool.is_paused) return [];
    return [
      {
        says: `The work pool ${name} is paused: none of its jobs begins.`,
        mend: () => ask("PATCH", `/work_pools/${name}`, anything, { is_paused: false }),
      },
    ];
  });
}

/** What a deployment is, in the words of the API. */
const bodyOf = (one: Deployment, { flow }: JobsInputs) => ({
  paused: one.paused,
  description: one.description,
  tags: [ours],
  parameters: one.parameters,
  labels: one.labels,
  work_pool_name: one.pool,
  work_queue_name: one.queue,
  path: flow.path,
  entrypoint: flow.entrypoint,
  // Named, the worker starts it itself; else it starts a second Python first, to make a folder for it. Each takes a processor
  // for seconds.
  job_variables: { command: "python -m prefect.engine" },
  enforce_parameter_schema: false,
  concurrency_options: { collision_strategy: one.overlap === "skip" ? "CANCEL_NEW" : "ENQUEUE" },
});

const schedulesOf = ({ schedule }: Deployment) =>
  schedule === undefined ? [] : [{ schedule, active: true }];

/** What of a deployment is not as declared, in words. */
function differing(name: string, declared: Deployment, found: Live, inputs: JobsInputs): string[] {
  const { paused, ...rest } = bodyOf(declared, inputs);
  const wanted: Record<string, unknown> = {
    ...rest,
    schedules: schedulesOf(declared),
    global_concurrency_limit: { limit: 1 },
  };
  const other = Object.entries(wanted)
    .filter(([key, value]) => !holds(value as Json, found[key] as Json))
    .map(([key]) => key);
  // One parameter more is another job.
  if (Object.keys(declared.parameters).length !== Object.keys(found.parameters).length)
    other.push("parameters");
  // And one label more says something of it: to whom it is told, or what it needs.
  const ourLabels = Object.keys(found.labels ?? {}).filter((key) => key.startsWith(`${ours}.`));
  if (ourLabels.some((key) => !Object.hasOwn(declared.labels, key))) other.push("labels");
  return [
    ...(found.paused === paused ? [] : [`The job ${name} is ${paused ? "switched on" : "paused"}.`]),
    ...(other.length === 0
      ? []
      : [`The job ${name} is not as declared in its ${[...new Set(other)].join(", ")}.`]),
  ];
}

/** How what Prefect has of the jobs differs from what is declared. */
export async function jobDifferences(inputs: JobsInputs, ask: Ask): Promise<Difference[]> {
  const found = await allOf(inputs.flow.name, ask);
  let flow: ReturnType<typeof ask<{ id: string }>> | undefined;
  const put = async (name: string, declared: Deployment) => {
    const { id } = await (flow ??= ask("POST", "/flows/", withId, { name: inputs.flow.name }));
    return ask("POST", "/deployments/", anything, {
      ...{ name, flow_id: id, concurrency_limit: 1 },
      ...{ ...bodyOf(declared, inputs), schedules: schedulesOf(declared) },
    });
  };
  const declared = Object.entries(inputs.deployments).flatMap(([name, one]): Difference[] => {
    const known = found.find((other) => other.name === name);
    if (known === undefined) return [{ says: `The job ${name} is missing.`, mend: () => put(name, one) }];
    const says = differing(name, one, known, inputs).join(" ");
    return says === "" ? [] : [{ says, mend: () => put(name, one) }];
  });
  const taken = found
    .filter(
      ({ name, paused, tags }) => !Object.hasOwn(inputs.deployments, name) && !paused && tags.includes(ours),
    )
    .map(({ id, name }) => ({
      says: `The job ${name} is declared no more and still begins; what is known of its runs is kept.`,
      mend: () => pause(id, ask),
    }));
  return [...(await poolDifferences(inputs, ask)), ...declared, ...taken];
}

const pause = (id: string, ask: Ask) => ask("PATCH", `/deployments/${id}`, anything, { paused: true });

/** Pauses every job. */
export async function pauseAll({ flow }: JobsInputs, ask: Ask): Promise<void> {
  for (const { id, paused, tags } of await allOf(flow.name, ask))
    if (!paused && tags.includes(ours)) await pause(id, ask);
}
