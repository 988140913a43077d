import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readJobs } from "../../packages/jobs";
import { find, Receiver } from "../support/alerts";
import { until } from "../support/until";
import { onNode } from "../support/lab";
import { Prefect } from "../support/prefect";

/** With `lab/jobs on`: the 46 jobs of the season, begun once. One of the east fails each time. */
const path = join(__dirname, "../../lab/stacks/jobs.yaml");
const names = Object.keys(readJobs(readFileSync(path, "utf8"), path)).filter((name) =>
  /^(season|north|south|east|west)/.test(name),
);
const cannotRun = ["form", "table", "odds", "pages", "feed", "mail"].map((name) => `east-${name}`);
cannotRun.push("season-report");

const prefect = new Prefect();
const receiver = new Receiver();
let chain = "";
let tag = "";
let began = 0;

/** The jobs that ran in this chain, by the marks that they make themselves; one for each attempt. */
const marks = () =>
  (["storage", "desktop"] as const).flatMap((node) =>
    onNode(node, `grep -F ' ${chain}' /var/tmp/homelab-jobs | cut -d' ' -f1 || true`)
      .split("\n")
      .filter((line) => line !== ""),
  );

const lastOf = async (job: string) => (await prefect.runsOf(job, tag))[0];

beforeAll(async () => {
  await receiver.open();
  began = Date.now();
  const id = await prefect.begin("season");
  chain = id.replaceAll("-", "");
  tag = `cid:${chain}`;
  // The last of each branch.
  for (const job of ["north-mail", "south-mail", "west-mail", "north-feed", "south-feed", "west-feed"])
    await until(`the end of ${job}`, async () => (await lastOf(job))?.end_time ?? undefined, 1200);
}, 1_500_000);
afterAll(() => {
  receiver.close();
});

describe("46 jobs of which one fails", () => {
  it("are 46", () => {
    expect(names).toHaveLength(46);
  });

  it("each run once but for the one that fails and what waits for it: by the marks that they make", () => {
    const ran = marks();
    const once = names.filter((name) => !cannotRun.includes(name) && name !== "east-results");
    expect(once).toHaveLength(38);
    // The one that fails is tried again twice.
    expect([...ran].sort()).toEqual([...once, ...Array<string>(3).fill("east-results")].sort());
  });

  it("begin only after what they wait for has ended", async () => {
    const jobs = readJobs(readFileSync(path, "utf8"), path);
    const runs = new Map(await Promise.all(names.map(async (name) => [name, await lastOf(name)] as const)));
    for (const [name, run] of runs)
      for (const before of run === undefined ? [] : (jobs[name]?.after ?? []))
        expect(Date.parse(run?.start_time ?? ""), `${name} after ${before}`).toBeGreaterThanOrEqual(
          Date.parse(runs.get(before)?.end_time ?? ""),
        );
    expect([...runs].filter(([, run]) => run === undefined).map(([name]) => name)).toEqual(
      names.filter((name) => cannotRun.includes(name)),
    );
  });

  it("tell of the failure within a minute, with the last lines of the job, and once", async () => {
    const failed = await lastOf("east-results");
    expect(failed?.state).toMatchObject({ type: "FAILED" });
    const about = { alertname: "JobFailed", deployment: "east-results" };
    const told = await until("that somebody is told", () => receiver.about(about)[0], 60);
    const seconds = (told.at - Date.parse(failed?.end_time ?? "")) / 1000;
    console.log(`the failure of a job was told after ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(60);
    expect(told.annotations.summary).toContain("exit status 7\nresults of the east\nno such league");
    expect(receiver.about(about)).toHaveLength(1);
    // Those of other tests are told to whoever listens first.
    const toldOf = receiver.about({ alertname: "JobFailed" }).map(({ labels }) => labels.deployment ?? "");
    expect(toldOf.filter((job) => names.includes(job))).toEqual(["east-results"]);
  });

  it("leave the lines of each attempt in Prefect, in the node's journal, and in the log engine", async () => {
    const failed = await lastOf("east-results");
    const said = await prefect.lines(failed?.id ?? "");
    expect(said.filter((line) => line === "no such league")).toHaveLength(3);
    const journal = onNode("storage", "journalctl -q -o cat -u homelab-job-east-results.service");
    expect(journal).toContain("no such league");
    expect(journal).toContain(`correlation_id=${chain}`);
    // Those of this chain: other chains said it at other times.
    const found = await until(
      "that the log engine has them",
      () => {
        const all = find(`_time:12h SYSLOG_IDENTIFIER:="homelab-job" "no such league"`).filter(
          ({ _time = "" }) => Date.parse(_time) > began,
        );
        return all.length < 3 ? undefined : all;
      },
      120,
    );
    expect(new Set(found.map((line) => line._SYSTEMD_UNIT))).toEqual(
      new Set(["homelab-job-east-results.service"]),
    );
    expect(found).toHaveLength(3);
  });
});
