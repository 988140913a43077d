import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Receiver } from "../support/alerts";
import { until } from "../support/until";
import { lab, onNode } from "../support/lab";
import { Prefect } from "../support/prefect";

/** With `lab/jobs on`: jobs that need compute, which is off. */
const prefect = new Prefect();
const receiver = new Receiver();
const compute = () => lab("node", "status", "compute").trim();
const begun = (job: string) =>
  onNode("storage", `journalctl -q -o cat -u homelab-job-${job}.service --since @${began} || true`);
let began = 0;

beforeAll(async () => {
  await receiver.open();
  began = Math.floor(Date.now() / 1000);
  lab("node", "stop", "compute");
  expect(compute()).toBe("off");
  await until(
    "that it is seen",
    () =>
      onNode(
        "storage",
        `journalctl -q -o cat -u homelab-jobs-needs.service --since @${began} | grep -c 'compute is off' || true`,
      ).trim() === "0"
        ? undefined
        : true,
    120,
  );
});
afterAll(() => {
  receiver.close();
  lab("node", "start", "compute");
});

describe("a job that needs compute while compute is off", () => {
  it("is left out with a word where it says so", async () => {
    const run = await prefect.runs("skips-without-compute");
    expect(run.state).toMatchObject({
      ...{ type: "CANCELLED", message: "left out: it needs compute, which is off" },
    });
    expect(begun("skips-without-compute")).toBe("");
  });

  it("has failed once its patience is over, and somebody is told", async () => {
    const run = await prefect.runs("gives-up");
    const why = "gives-up: it needs compute, which was not on within 60 seconds";
    expect(run.state).toMatchObject({ type: "FAILED", message: why });
    expect(begun("gives-up")).toBe("");
    const about = { alertname: "JobFailed", deployment: "gives-up" };
    const told = await until("that somebody is told", () => receiver.about(about)[0], 60);
    expect(told.annotations.summary).toContain(why);
  });

  it("waits without a worker's slot, and wakes compute where it says so; then both begin", async () => {
    const waits = await prefect.begin("waits-for-compute");
    // Through two looks of whoever decides.
    await until(
      "that it is late",
      async () => ((await prefect.run(waits)).state?.name === "Late" ? true : undefined),
      120,
    );
    expect(compute()).toBe("off");
    expect(begun("waits-for-compute")).toBe("");
    const wakes = await prefect.begin("wakes-compute");
    await until("that compute is on", () => (compute() === "on" ? true : undefined), 180);
    for (const id of [waits, wakes])
      expect((await prefect.ends(id, 240)).state).toMatchObject({ type: "COMPLETED" });
    expect(begun("waits-for-compute")).toContain("compute is on");
  });
});

describe("a job that names whom to tell", () => {
  it("is told that receiver and the house's", async () => {
    const run = await prefect.runs("tells-ada");
    expect(run.state).toMatchObject({ type: "FAILED" });
    const about = { alertname: "JobFailed", deployment: "tells-ada" };
    const who = await until(
      "that both are told",
      () => {
        const receivers = receiver.about(about).map((one) => one.receiver);
        return receivers.length < 2 ? undefined : receivers;
      },
      60,
    );
    expect(who.sort()).toEqual(["ada", "people"]);
  });
});
