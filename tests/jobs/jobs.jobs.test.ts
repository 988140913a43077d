import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { until } from "../support/until";
import { onNode } from "../support/lab";
import { Prefect } from "../support/prefect";
import { preview, up, well } from "../support/stack";

/** With `lab/jobs on`. */
let prefect: Prefect;
beforeAll(() => {
  prefect = new Prefect();
});

/** Waits until a job's unit on storage is so. @param limit seconds */
const unitIs = (job: string, state: "active" | "inactive", limit: number) =>
  until(
    `that ${job} is ${state}`,
    () =>
      onNode("storage", `systemctl is-active homelab-job-${job}.service || true`).trim() === state ||
      undefined,
    limit,
  );

describe("a job of jobs.yaml", () => {
  it("runs as a unit of its node, as its user, in its directory, with its variables and its input", async () => {
    const run = await prefect.runs("who-am-i");
    expect(run.state).toMatchObject({ name: "Completed" });
    const lines = await until(
      "its log lines",
      async () => {
        const found = await prefect.lines(run.id);
        return found.includes("100%d") && found.includes("3") ? found : undefined;
      },
      60,
    );
    expect(lines).toEqual(
      expect.arrayContaining([
        ...["daemon", "/usr/share", 'say "hi" $HOME `id` \\n'],
        ...["/usr/bin:/bin", "unset", "100%d", "3"],
      ]),
    );
    expect(onNode("storage", "journalctl -q -o cat -u homelab-job-who-am-i.service")).toContain(
      "/usr/share\n",
    );
  });

  it("is a success by the exit statuses that it declares", async () => {
    const run = await prefect.runs("three-is-fine");
    expect(run.state).toMatchObject({ name: "Completed" });
  });

  it("that hangs is ended by systemd at its limit, also when it does not heed a signal", async () => {
    const run = await prefect.runs("hangs");
    expect(run.state).toMatchObject({ name: "TimedOut" });
    expect(run.state?.message).toContain("longer than it may");
    expect(onNode("storage", "systemctl is-active homelab-job-hangs.service || true").trim()).toBe(
      "inactive",
    );
  });

  it("whose user is not there fails with the reason", async () => {
    const run = await prefect.runs("nobody-there");
    expect(run.state).toMatchObject({ name: "Failed" });
    expect(run.state?.message).toContain("status=217/USER");
  });

  it("stops on its node when somebody cancels its run", async () => {
    const id = await prefect.begin("long");
    await unitIs("long", "active", 120);
    await prefect.ask("POST", `/flow_runs/${id}/set_state`, z.unknown(), {
      state: { type: "CANCELLING" },
      force: false,
    });
    expect((await prefect.ends(id)).state).toMatchObject({ type: "CANCELLED" });
    await unitIs("long", "inactive", 60);
    // Not by itself: it would have said so.
    const done = `grep -cx 'done ${id.replaceAll("-", "")}' /var/tmp/homelab-jobs || true`;
    expect(onNode("storage", done).trim()).toBe("0");
    expect(onNode("storage", "systemctl list-units --failed --plain --no-legend 'homelab-job*'")).toBe("");
  });
});

describe("jobs that wait for others", () => {
  it("run once all before them have succeeded, on whichever node; after a failure none does, and the other branch goes on", async () => {
    const first = await prefect.runs("pull-fixtures");
    const [chain = ""] = first.tags.filter((tag) => tag.startsWith("cid:"));
    expect(chain).toBe(`cid:${first.id.replaceAll("-", "")}`);
    const last = await until(
      "the last of the chain",
      async () =>
        (await prefect.runsOf("team-stats", chain)).find(({ state }) => state?.type === "COMPLETED"),
      240,
    );
    expect(last.tags).toContain(chain);
    const [failed] = await until(
      "the one that fails",
      async () => {
        const runs = await prefect.runsOf("pull-standings", chain);
        return runs[0]?.state?.type === "FAILED" ? runs : undefined;
      },
      120,
    );
    // The last lines are in the message, so that they are in the alert.
    expect(failed?.state?.message).toContain("exit status 7\nstandings\nboom");
    expect((await prefect.lines(failed?.id ?? "")).filter((line) => line === "standings")).toHaveLength(3);
    expect(await prefect.runsOf("pull-players", chain)).toEqual([]);
    for (const job of ["pull-teams", "pull-stats", "team-stats"])
      expect(await prefect.runsOf(job, chain)).toHaveLength(1);
  });
});

describe("a job that still runs", () => {
  it("leaves its next run out, or has it wait, as it declares", async () => {
    const [first, second] = [await prefect.begin("waits"), await prefect.begin("waits")];
    const runs = [await prefect.ends(first, 240), await prefect.ends(second, 240)];
    expect(runs.map(({ state }) => state?.type)).toEqual(["COMPLETED", "COMPLETED"]);
    const times = runs.map((run) => [Date.parse(run.start_time ?? ""), Date.parse(run.end_time ?? "")]);
    times.sort(([a = 0], [b = 0]) => a - b);
    expect(times[1]?.[0]).toBeGreaterThanOrEqual(times[0]?.[1] ?? Infinity);
  });
});

describe("a run that was handed to a worker and does not begin", () => {
  it("is handed over again, and its job runs once", async () => {
    // As a worker leaves it that is gone: nobody looks after it.
    const run = await prefect.begin("load-1", "PENDING");
    expect((await prefect.ends(run, 450)).state).toMatchObject({ type: "COMPLETED" });
    const names = (await prefect.statesOf(run)).map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(["Pending", "HandedOverAgain"]);
    const marks = `grep -cx 'begun ${run.replaceAll("-", "")}' /var/tmp/homelab-jobs || true`;
    expect(onNode("storage", marks).trim()).toBe("1");
  });
});

describe("a run whose worker is lost while its job runs", () => {
  it.each([
    ["is killed", "podman kill --signal KILL jobs"],
    ["is restarted, as by an update", "systemctl restart jobs"],
  ])(
    "is watched on by the next when it %s, is a success, and what waits for it begins",
    async (_what, breaks) => {
      const run = await prefect.begin("long-first");
      await unitIs("long-first", "active", 120);
      onNode("storage", breaks);
      expect((await prefect.ends(run, 300)).state).toMatchObject({ type: "COMPLETED" });
      expect((await prefect.statesOf(run)).map(({ name }) => name)).toContain("WorkerLost");
      const chain = run.replaceAll("-", "");
      expect(onNode("storage", `grep -cx 'begun ${chain}' /var/tmp/homelab-jobs || true`).trim()).toBe("1");
      await until(
        "its log lines",
        async () => ((await prefect.lines(run)).includes("first is done") ? true : undefined),
        60,
      );
      const next = () => prefect.runsOf("long-next", `cid:${chain}`);
      await until(
        "the one that waits for it",
        async () => (await next()).find(({ state }) => state?.type === "COMPLETED"),
        120,
      );
      expect(await next()).toHaveLength(1);
    },
  );
});

describe("Prefect's server", () => {
  it.each([
    "/api/flows/count",
    "/api/deployments/filter",
    "/api/admin/settings",
    "/api/metrics",
    "/api/version",
  ])("answers %s only to a login", async (path) => {
    expect(await prefect.status(path, false)).toBe(401);
    expect(await prefect.status(path)).not.toBe(401);
  });
});

describe("a stack with jobs", () => {
  const drifted = (says: RegExp) => {
    const run = preview("storage");
    expect(run.text).toMatch(says);
    well(up("storage"));
    well(preview("storage", "--expect-no-changes"));
  };

  it("has nothing to change", () => {
    well(preview("storage", "--expect-no-changes"));
    well(preview("desktop", "--expect-no-changes"));
  });

  it("shows what somebody changed in Prefect, and puts it right", async () => {
    const id = await prefect.deployment("nightly");
    await prefect.ask("PATCH", `/deployments/${id}`, z.unknown(), {
      paused: true,
      parameters: { job: "other" },
    });
    await prefect.ask("PATCH", "/work_pools/storage", z.unknown(), { is_paused: true });
    drifted(/The job nightly is paused\. The job nightly is not as declared in its parameters\./);
    const found = await prefect.ask("GET", `/deployments/${id}`, z.object({ paused: z.boolean() }));
    expect(found.paused).toBe(false);
  });
});
