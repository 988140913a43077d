import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { jobDifferences } from "./deployments";
import type { JobsInputs } from "./inputs";
import { PrefectError } from "./request";

const flow = { name: "homelab-job", path: "/opt/homelab", entrypoint: "job_flow.py:job" };
const inputs: JobsInputs = {
  connection: { node: "storage", host: "192.0.2.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
  endpoint: "http://192.0.2.1:4200",
  login: "homelab:x",
  flow,
  pools: [],
  deployments: {
    nightly: {
      ...{ pool: "storage", queue: "default", paused: false, description: "", overlap: "skip" },
      parameters: { job: "nightly" },
      labels: { "homelab.limit": 60 },
    },
  },
};

/** What a server has that answers with one deployment. */
const live = (more: object) => ({
  ...{ id: "1", name: "nightly", paused: false, tags: ["homelab"], description: "", schedules: [] },
  ...{ parameters: { job: "nightly" }, labels: { "homelab.limit": 60, "prefect.flow.id": "2" } },
  ...{ work_pool_name: "storage", work_queue_name: "default", path: flow.path, entrypoint: flow.entrypoint },
  ...{ enforce_parameter_schema: false, concurrency_options: { collision_strategy: "CANCEL_NEW" } },
  ...{ global_concurrency_limit: { limit: 1 }, job_variables: { command: "python -m prefect.engine" } },
  ...more,
});
const says = async (more: object) =>
  (
    await jobDifferences(inputs, <T>(_method: string, path: string, answer: z.ZodType<T>) =>
      Promise.resolve(answer.parse(path === "/deployments/filter" ? [live(more)] : [])),
    )
  ).map((one) => one.says);

describe("a job in Prefect", () => {
  it.each([
    ["as declared", {}, []],
    ["in another queue", { work_queue_name: "needs-compute" }, ["work_queue_name"]],
    ["with another label", { labels: { "homelab.limit": 61 } }, ["labels"]],
    [
      "with a label more, which tells somebody",
      { labels: { "homelab.limit": 60, "homelab.notify": "ada" } },
      ["labels"],
    ],
    ["with a parameter more", { parameters: { job: "nightly", then: [] } }, ["parameters"]],
  ])("%s", async (_, more, keys) => {
    expect(await says(more)).toEqual(keys.map((key) => `The job nightly is not as declared in its ${key}.`));
  });
});

describe("a work pool that is missing", () => {
  const mend = async (status: number) => {
    const [missing] = await jobDifferences(
      { ...inputs, pools: ["storage"], deployments: {} },
      <T>(_method: string, path: string, answer: z.ZodType<T>) =>
        path === "/work_pools/"
          ? Promise.reject(new PrefectError(`POST ${path} was answered with ${status}`, status))
          : Promise.resolve(answer.parse([])),
    );
    expect(missing?.says).toBe("The work pool storage is missing.");
    await missing?.mend();
  };

  it("may be made by its worker meanwhile", async () => {
    await expect(mend(409)).resolves.toBeUndefined();
  });

  it("is told of where it cannot be made", async () => {
    await expect(mend(500)).rejects.toThrow("was answered with 500");
  });
});
