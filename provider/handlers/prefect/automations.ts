import { z } from "zod";
import type { Json } from "../../values";
import type { Difference } from "../differences";
import { holds } from "./holds";
import type { JobsInputs } from "./inputs";
import { anything, withId, type Ask } from "./request";

const state = (name: string) => `prefect.flow-run.${name}`;
const ended = ["Completed", "Failed", "Cancelled", "Crashed", "TimedOut"].map(state);
/** A run that is begun a second time is called by other names than "Running". */
const running = ["Running", "Rerunning", "Retrying"].map(state);
const runs = { "prefect.resource.id": "prefect.flow-run.*" };
const becomes = (type: "CRASHED" | "SCHEDULED", message: string, name?: string): Json => ({
  ...{ type: "change-flow-run-state", state: type, message },
  ...(name === undefined ? {} : { name }),
});

/** An automation of Prefect's. @see https://docs.prefect.io/v3/concepts/automations */
interface Automation {
  readonly name: string;
  readonly description: string;
  readonly trigger: Json;
  readonly actions: Json[];
}

/** Told once that something began, it waits for one of the ends. */
const missing = (after: string[], expect: string[], within: number, of: Json = {}): Json => ({
  type: "event",
  posture: "Proactive",
  match: runs,
  match_related: of,
  for_each: ["prefect.resource.id"],
  after,
  expect,
  threshold: 1,
  within,
});

/**
 * For so long a run may be handed over, seconds: a worker begins it within five, but on a node with forty times as much to do
 * as it has processors Python takes a minute to start. No slot may stay taken for more than two.
 */
const beginsWithin = 90;

/** How often a run is handed over before it is given up. */
const handedOver = 3;

/** The state of a run that is handed over again. */
const again = "HandedOverAgain";

/** The state of a run whose worker vanished, until the next one watches its job on: services/files/job_flow.py. */
const lost = "WorkerLost";

/** For so long a worker may be away when the former one vanished, seconds. */
const watchedWithin = 120;

/** Heartbeats come every 30 seconds. */
const silent = 90;
const noSign = `its worker gave no sign of life for ${silent} seconds`;
const vanished = (of: Json) =>
  missing(
    [state("heartbeat")],
    [state("heartbeat"), state("Scheduled"), state(again), state(lost), ...ended],
    silent,
    of,
  );

/** @param flow the name of the flow that every job of the house is */
const settling = (flow: string): readonly Automation[] => [
  {
    name: "homelab: worker vanished",
    description: "A run whose worker was lost is handed to the next one, which watches its job on.",
    trigger: vanished({ "prefect.resource.role": "flow", "prefect.resource.name": flow }),
    actions: [becomes("SCHEDULED", `${noSign}: the next one watches its job on`, lost)],
  },
  {
    name: "homelab: worker vanished for good",
    description: "A run that no worker watches on is said to have crashed: people are told.",
    trigger: missing([state(lost)], [...running, state(again), ...ended], watchedWithin),
    actions: [becomes("CRASHED", `${noSign}, and no other took its place within ${watchedWithin} more`)],
  },
  {
    name: "homelab: worker vanished, of other flows",
    description: "A run of people's own flows whose worker was lost has crashed: its slot is free.",
    trigger: vanished({ "prefect.resource.role": "flow", "prefect.resource.name": `!${flow}` }),
    actions: [becomes("CRASHED", noSign)],
  },
  {
    name: "homelab: never began",
    description: "A run that was handed to a worker and did not begin is handed over again.",
    // An event is called by the state's name: with Pending alone, one that is Submitting is never seen.
    trigger: missing(
      [state("Pending"), state("Submitting")],
      [...running, state(again), ...ended],
      beginsWithin,
    ),
    // Should the first worker still come, it leaves the run to the second: services/files/job_flow.py.
    actions: [
      becomes(
        "SCHEDULED",
        `it was handed to a worker and did not begin within ${beginsWithin} seconds`,
        again,
      ),
    ],
  },
  {
    name: "homelab: never began at all",
    description: "A run that was handed over often enough and never began is said to have crashed.",
    trigger: {
      ...{ type: "event", posture: "Reactive", match: runs, for_each: ["prefect.resource.id"] },
      ...{ expect: [state(again)], threshold: handedOver, within: 2 * handedOver * beginsWithin },
    },
    actions: [
      becomes(
        "CRASHED",
        `it was handed to a worker ${handedOver} times and did not begin within ${beginsWithin} seconds`,
      ),
    ],
  },
];

const webhookName = "homelab-alertmanager";

/** As Alertmanager's API takes an alert. The message has the last lines that the job said. */
const alert = `[{"labels": {"alertname": "JobFailed", "severity": "critical",
  "deployment": {{ deployment.name | tojson }}, "run": {{ flow_run.name | tojson }},
  "notify": {{ (deployment.labels or {})["homelab.notify"] | default("") | tojson }}},
  "annotations": {"runbook": "docs/runbooks/alerts.md#jobfailed", "summary": {{ ("The job " ~ deployment.name ~ " ended as " ~ flow_run.state.name ~ ". " ~ (flow_run.state.message or "")) | tojson }}}}]`;

const telling = (block: string): Automation => ({
  name: "homelab: tell of a failure",
  description: "Alertmanager is told of each run that failed, with the last lines of its log.",
  trigger: {
    type: "event",
    posture: "Reactive",
    match: runs,
    for_each: ["prefect.resource.id"],
    expect: ["Failed", "Crashed", "TimedOut"].map(state),
    threshold: 1,
    within: 0,
  },
  actions: [{ type: "call-webhook", block_document_id: block, payload: alert }],
});

const found = z.array(z.looseObject({ id: z.string(), name: z.string(), enabled: z.boolean() }));

/** How the automations differ from what is declared. */
export async function automationDifferences(
  { alertmanager, flow }: Pick<JobsInputs, "alertmanager" | "flow">,
  ask: Ask,
): Promise<Difference[]> {
  const webhook = alertmanager === undefined ? undefined : await webhookOf(alertmanager, ask);
  const wanted = [...settling(flow.name), ...(webhook?.id === undefined ? [] : [telling(webhook.id)])];
  const live = await ask("POST", "/automations/filter", found, { limit: 200 });
  return [
    ...(webhook?.differences ?? []),
    // Until the webhook is there, nothing can name it.
    ...(webhook !== undefined && webhook.id === undefined
      ? [{ says: "The automation that tells of failures is missing.", mend: () => Promise.resolve() }]
      : []),
    ...wanted.flatMap(({ name, ...rest }): Difference[] => {
      const known = live.find((one) => one.name === name);
      const body = { name, enabled: true, ...rest };
      if (known === undefined)
        return [
          {
            says: `The automation "${name}" is missing.`,
            mend: () => ask("POST", "/automations/", anything, body),
          },
        ];
      if (holds(body, known as Json)) return [];
      const path = `/automations/${known.id}`;
      return [
        {
          says: `The automation "${name}" is not as declared.`,
          mend: () => ask("PUT", path, anything, body),
        },
      ];
    }),
    ...live
      .filter(
        ({ name, enabled }) => name === "homelab: tell of a failure" && enabled && webhook === undefined,
      )
      .map(({ id, name }) => ({
        says: `The automation "${name}" is switched on, and no Alertmanager is declared.`,
        mend: () => ask("PATCH", `/automations/${id}`, anything, { enabled: false }),
      })),
  ];
}

const documents = z.array(
  z.object({ id: z.string(), data: z.record(z.string(), z.unknown()), block_schema_id: z.string() }),
);

/** The block that says where Alertmanager is. */
async function webhookOf(
  url: string,
  ask: Ask,
): Promise<{ readonly id: string | undefined; readonly differences: Difference[] }> {
  const data = {
    url,
    method: "POST",
    headers: { "content-type": "application/json" },
    // It is in the house.
    allow_private_urls: true,
  };
  const [known] = await ask("POST", "/block_documents/filter", documents, {
    block_documents: { name: { any_: [webhookName] }, is_anonymous: { eq_: false } },
    include_secrets: true,
  });
  if (known === undefined)
    return {
      id: undefined,
      differences: [
        {
          says: "Prefect does not know where Alertmanager is.",
          mend: async () => {
            const type = await ask("GET", "/block_types/slug/webhook", withId);
            const [schema] = await ask("POST", "/block_schemas/filter", z.array(withId), {
              block_schemas: { block_type_id: { any_: [type.id] } },
              limit: 1,
            });
            return ask("POST", "/block_documents/", anything, {
              name: webhookName,
              block_type_id: type.id,
              block_schema_id: schema?.id,
              data,
            });
          },
        },
      ],
    };
  const path = `/block_documents/${known.id}`;
  return {
    id: known.id,
    differences: holds(data, known.data as Json)
      ? []
      : [
          {
            says: "Prefect tells another than the house's Alertmanager of failures.",
            mend: () => ask("PATCH", path, anything, { data, merge_existing_data: false }),
          },
        ],
  };
}
