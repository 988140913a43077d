import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isOver, now, query, Receiver } from "../support/alerts";
import { until } from "../support/until";
import { onNode } from "../support/lab";

/** With `lab/jobs on`: what is told of the jobs while Prefect's server is dead. */
const receiver = new Receiver();
const metric = (name: string) => query(`homelab_prefect_${name}{deployment="nightly"}`)[0];
const books = (statement: string) =>
  onNode(
    "storage",
    "podman exec -i --user postgres postgres psql -qtAX -v ON_ERROR_STOP=1 -d prefect",
    statement,
  );
/** As if the job, which never ran here, had been declared so long ago. */
const declared = (ago: string) => {
  books(`update deployment set created = now() - interval '${ago}' where name = 'nightly';
    update deployment_schedule set created = now() - interval '${ago}'
      where deployment_id = (select id from deployment where name = 'nightly');`);
  now("storage", "homelab-jobs-health.service");
};

beforeAll(async () => {
  await receiver.open();
});
afterAll(async () => {
  receiver.close();
  onNode("storage", "systemctl start prefect");
  declared("0 s");
  await until(
    "that Prefect is there again",
    () =>
      onNode(
        "storage",
        "curl -fs -o /dev/null http://127.0.0.1:4200/api/health && echo yes || true",
      ).trim() === "yes"
        ? true
        : undefined,
    240,
  );
});

describe("with Prefect's server stopped", () => {
  it("each job's last success is still measured, and is told once it is too long ago; and that Prefect is down", async () => {
    await until("that the jobs are measured", () => metric("due_seconds"), 120);
    declared("0 s");
    await isOver({ alertname: "JobWithoutSuccess", deployment: "nightly" }, 600);
    onNode("storage", "systemctl stop prefect");
    const began = Date.now();
    declared("3 days");
    const down = await until(
      "that Prefect is told to be down",
      () => receiver.about({ alertname: "PrefectDown" })[0],
      300,
    );
    const overdue = await until(
      "that the job is told to be overdue",
      () => receiver.about({ alertname: "JobWithoutSuccess", deployment: "nightly" })[0],
      300,
    );
    console.log(
      `told while Prefect is dead: PrefectDown after ${((down.at - began) / 1000).toFixed(0)} s, JobWithoutSuccess after ${((overdue.at - began) / 1000).toFixed(0)} s`,
    );
    expect(overdue.annotations.summary).toMatch(/^The job nightly has not succeeded for 3d /);
    // Others are not due yet.
    expect(receiver.about({ alertname: "JobWithoutSuccess" }).map(({ labels }) => labels.deployment)).toEqual(
      ["nightly"],
    );
    expect(Number(metric("last_success_timestamp_seconds")?.value[1])).toBeLessThan(
      Date.now() / 1000 - 2 * 86_400,
    );
  });
});
