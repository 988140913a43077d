import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { hasCluster } from "../../lab/drills/list";
import { get } from "../cluster/kubectl";
import { Receiver } from "../support/alerts";
import { until } from "../support/until";
import { onNode } from "../support/lab";
import { Prefect } from "../support/prefect";
import { ChangedConfig, preview, up, well } from "../support/stack";

/** With `lab/jobs on` and `lab/cluster on`: jobs that are images, on desktop. Without the cluster there are none. */
const root = join(__dirname, "../..");

const image = "docker.io/library/busybox:1.37";
const one = (command: string, more: object = {}) => ({
  node: "desktop",
  image,
  command,
  memory: "32M",
  ...more,
});
const images = {
  "image-hello": one(
    'echo "hello $GREETED of $HOMELAB_JOB"; echo "$HOMELAB_CORRELATION_ID" "$TRACEPARENT"; id -u; touch /x 2>/dev/null || echo nobody writes here; touch /tmp/x && exit 3',
    { environment: { GREETED: "$(world) $$" }, success: [3] },
  ),
  "image-arguments": { node: "desktop", image, command: ["echo", "as arguments"] },
  "image-fails": one("echo boom; exit 7", { retries: 1, backoff: 1 }),
  "image-after": one("echo after", { after: ["image-fails"] }),
  "image-long": one("echo begun; sleep 45; echo done"),
  "image-cancelled": one("echo begun; sleep 600"),
  "image-hangs": one("trap '' TERM; echo hanging; while :; do sleep 1; done", { timeout: 20 }),
};

const namespace = "homelab-jobs-desktop";
const there = ["-n", namespace];
const pods = (job: string) =>
  (get("pods", ...there, "-l", `batch.kubernetes.io/job-name=${job}`) as { items: PodOf[] }).items;
interface PodOf {
  readonly metadata: { readonly uid: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase: string };
}
const runs = async (job: string) =>
  until(`that the pod of ${job} runs`, () => pods(job).find(({ status }) => status.phase === "Running"), 180);
const isActive = (job: string) =>
  onNode("desktop", `systemctl is-active homelab-job-${job}.service || true`).trim();
const saidSince = (job: string, seconds: number) =>
  onNode("desktop", `journalctl -q -o cat -u homelab-job-${job}.service --since @${seconds}`).split("\n");
const now = () => Number(onNode("desktop", "date +%s"));

describe.skipIf(!hasCluster())("a job that is an image", () => {
  const folder = mkdtempSync(join(tmpdir(), "homelab-image-jobs-"));
  const file = join(folder, "jobs.yaml");
  const configs = [new ChangedConfig("storage"), new ChangedConfig("desktop")] as const;
  const changed = (config: ChangedConfig) => config.with([[["homelab:jobs", "file"], file]]);
  const receiver = new Receiver();
  let prefect: Prefect;

  /** Waits for a line of a run in Prefect. */
  const linesWith = (id: string, last: string) =>
    until(
      `the line ${last} in Prefect`,
      async () => {
        const found = await prefect.lines(id);
        return found.includes(last) ? found : undefined;
      },
      60,
    );

  beforeAll(async () => {
    const { jobs } = parse(readFileSync(join(root, "lab/stacks/jobs.yaml"), "utf8")) as { jobs: object };
    writeFileSync(file, stringify({ jobs: { ...jobs, ...images } }));
    await receiver.open();
    well(up("storage", ...changed(configs[0])));
    well(up("desktop", ...changed(configs[1])));
    prefect = new Prefect();
  }, 900_000);
  afterAll(() => {
    receiver.close();
    for (const node of ["storage", "desktop"] as const) well(up(node));
    for (const config of configs) config.remove();
    rmSync(folder, { recursive: true });
  }, 900_000);

  it("runs on its node to its end, as nobody, with its variables and the run's ids; its lines are in Prefect", async () => {
    const run = await prefect.runs("image-hello");
    expect(run.state).toMatchObject({ name: "Completed" });
    const lines = await linesWith(run.id, "nobody writes here");
    const cid = run.id.replaceAll("-", "");
    expect(lines).toEqual(
      expect.arrayContaining([
        ...["hello $(world) $$ of image-hello", "1000", "nobody writes here"],
        expect.stringMatching(new RegExp(`^${cid} 00-${cid}-[0-9a-f]{16}-01$`)),
      ]),
    );
    expect(pods("image-hello").map(({ spec }) => spec.nodeName)).toEqual(["desktop"]);
    const given = await prefect.runs("image-arguments");
    expect(given.state).toMatchObject({ name: "Completed" });
    await linesWith(given.id, "as arguments");
  });

  it("that fails is tried again, and told with its last lines; what waits for it does not begin", async () => {
    const run = await prefect.runs("image-fails");
    expect(run.state).toMatchObject({ type: "FAILED" });
    expect(run.state?.message).toContain("image-fails: exit status 7\nboom");
    const booms = async () => (await prefect.lines(run.id)).filter((line) => line === "boom").length;
    await until("both tries' lines in Prefect", async () => ((await booms()) === 2 ? true : undefined), 60);
    const about = { alertname: "JobFailed", deployment: "image-fails" };
    const told = await until("that somebody is told", () => receiver.about(about)[0], 60);
    expect(told.annotations.summary).toContain("exit status 7");
    expect(await prefect.runsOf("image-after")).toEqual([]);
  });

  it("does not run twice: a run that comes meanwhile is left out", async () => {
    const began = now();
    const first = await prefect.begin("image-long");
    const pod = await runs("image-long");
    const second = await prefect.ends(await prefect.begin("image-long"));
    expect(second.state).toMatchObject({ type: "CANCELLED" });
    expect((await prefect.ends(first)).state).toMatchObject({ type: "COMPLETED" });
    expect(pods("image-long").map(({ metadata }) => metadata.uid)).toEqual([pod.metadata.uid]);
    expect(saidSince("image-long", began).filter((line) => line === "begun")).toHaveLength(1);
  });

  it("runs to its end, once, while its worker is killed", async () => {
    const began = now();
    const run = await prefect.begin("image-long");
    const pod = await runs("image-long");
    onNode("desktop", "podman kill --signal KILL jobs");
    await until("its end", () => (isActive("image-long") === "inactive" ? true : undefined), 180);
    expect(saidSince("image-long", began).filter((line) => /^(begun|done)$/.test(line))).toEqual([
      ...["begun", "done"],
    ]);
    expect(pods("image-long").map(({ metadata, status }) => [metadata.uid, status.phase])).toEqual([
      [pod.metadata.uid, "Succeeded"],
    ]);
    expect((await prefect.ends(run, 240)).state).toMatchObject({ type: "COMPLETED" });
  });

  it("is ended at its limit with its pod, and so it is when somebody cancels its run", async () => {
    const hangs = await prefect.runs("image-hangs");
    expect(hangs.state).toMatchObject({ name: "TimedOut" });
    await until("that its pod is gone", () => (pods("image-hangs").length === 0 ? true : undefined), 60);
    const id = await prefect.begin("image-cancelled");
    await runs("image-cancelled");
    const state = { type: "CANCELLING" };
    await prefect.ask("POST", `/flow_runs/${id}/set_state`, z.unknown(), { state, force: false });
    expect((await prefect.ends(id)).state).toMatchObject({ type: "CANCELLED" });
    await until("that its pod is gone", () => (pods("image-cancelled").length === 0 ? true : undefined), 120);
    expect(isActive("image-cancelled")).not.toBe("active");
  });

  it("leaves nothing to change: its account is as declared", () => {
    well(preview("desktop", "--expect-no-changes", ...changed(configs[1])));
    well(preview("storage", "--expect-no-changes", ...changed(configs[0])));
  });
});
