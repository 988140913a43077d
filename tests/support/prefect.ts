import { z } from "zod";
import { jobsFlow, prefectLogin } from "../../services";
import { hostPort } from "../../topology";
import { until } from "./until";
import { labTopology } from "./lab";
import { handedOut } from "./stack";

/** Prefect in the lab, as a person with its password works with it. */

const state = z.object({
  ...{ type: z.string(), name: z.string(), message: z.string().nullable(), timestamp: z.string() },
});
export type PrefectState = z.infer<typeof state>;
const runSchema = z.object({
  id: z.string(),
  tags: z.array(z.string()),
  deployment_id: z.string().nullable(),
  state: state.nullable(),
  expected_start_time: z.string().nullable(),
  start_time: z.string().nullable(),
  end_time: z.string().nullable(),
});
export type PrefectRun = z.infer<typeof runSchema>;

const ended = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"];

export class Prefect {
  readonly url = `http://${hostPort(labTopology().nodes.storage.address, 4200)}`;
  readonly #login: string;

  constructor(password = handedOut().passwords?.prefect?.password ?? "") {
    this.#login = prefectLogin(password);
  }

  /** The status of an answer, with or without the login. */
  async status(path: string, login = true): Promise<number> {
    const headers = login ? { authorization: `Basic ${Buffer.from(this.#login).toString("base64")}` } : {};
    const answer = await fetch(`${this.url}${path}`, { headers: { ...headers, connection: "close" } });
    await answer.arrayBuffer();
    return answer.status;
  }

  async ask<T>(
    method: "DELETE" | "GET" | "PATCH" | "POST",
    path: string,
    schema: z.ZodType<T>,
    body?: unknown,
  ): Promise<T> {
    const answer = await fetch(`${this.url}/api${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(this.#login).toString("base64")}`,
        connection: "close",
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(120_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    return schema.parse(text === "" ? undefined : JSON.parse(text));
  }

  async deployment(job: string): Promise<string> {
    const path = `/deployments/name/${jobsFlow.name}/${job}`;
    return (await this.ask("GET", path, z.object({ id: z.string() }))).id;
  }

  /**
   * Begins a job, as a person does by hand.
   *
   * @param type `PENDING` is of a run that a worker took
   * @returns the run's id
   */
  async begin(job: string, type: "SCHEDULED" | "PENDING" = "SCHEDULED"): Promise<string> {
    const path = `/deployments/${await this.deployment(job)}/create_flow_run`;
    return (await this.ask("POST", path, z.object({ id: z.string() }), { state: { type } })).id;
  }

  /** The states that a run had, the first one first. */
  statesOf(id: string): Promise<PrefectState[]> {
    return this.ask("GET", `/flow_run_states/?flow_run_id=${id}`, z.array(state));
  }

  run(id: string): Promise<PrefectRun> {
    return this.ask("GET", `/flow_runs/${id}`, runSchema);
  }

  /** Waits until a run is in one of these states. A server that is away is waited for. @param limit seconds */
  reaches(id: string, types: readonly string[], limit: number): Promise<PrefectRun> {
    return until(
      `that the run ${id} is ${types.join(" or ")}`,
      async () => {
        const run = await this.run(id).catch(() => undefined);
        return run?.state !== undefined && run.state !== null && types.includes(run.state.type)
          ? run
          : undefined;
      },
      limit,
    );
  }

  ends(id: string, limit = 180): Promise<PrefectRun> {
    return this.reaches(id, ended, limit);
  }

  /**
   * Begins a job and waits for its end. Where the node was too busy to begin it in time, which is settled as a crash, it is
   * begun again, as a person would.
   */
  async runs(job: string, limit = 300): Promise<PrefectRun> {
    for (let tries = 1; ; tries += 1) {
      const run = await this.ends(await this.begin(job), limit);
      if (tries === 3 || !(run.state?.message ?? "").includes("did not begin within")) return run;
    }
  }

  /** Runs of a job, the newest first. */
  async runsOf(job: string, tag?: string): Promise<PrefectRun[]> {
    // Those of a schedule are made an hour and more before they are due.
    const due = { before_: new Date(Date.now() + 60_000).toISOString() };
    return this.ask("POST", "/flow_runs/filter", z.array(runSchema), {
      deployments: { name: { any_: [job] } },
      flow_runs: { expected_start_time: due, ...(tag === undefined ? {} : { tags: { all_: [tag] } }) },
      sort: "EXPECTED_START_TIME_DESC",
      limit: 50,
    });
  }

  /** What Prefect has of a run's log. */
  async lines(id: string): Promise<string[]> {
    const found = await this.ask("POST", "/logs/filter", z.array(z.object({ message: z.string() })), {
      logs: { flow_run_id: { any_: [id] } },
      sort: "TIMESTAMP_ASC",
      limit: 200,
    });
    return found.map(({ message }) => message);
  }
}
