import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  apply,
  get,
  isReady,
  kubectl,
  onDemandToleration,
  ready,
  sleeper,
  until,
  type Node,
} from "../cluster/kubectl";
import { lab, onNode } from "../support/lab";
import { command } from "./command";
import { off } from "./power";

/** Waking and sleeping where compute is in the cluster. Nothing here needs the timers of homelab:power. */
const there = { nodeSelector: { "kubernetes.io/hostname": "compute" }, tolerations: [onDemandToleration] };
const node = () => get("node", "compute") as Node;
const mark = "homelab.dev/cordoned-for-sleep";

afterAll(() => {
  lab("node", "start", "compute");
  kubectl(["delete", "pods,jobs", "--all", "--force", "--ignore-not-found"]);
  kubectl(["uncordon", "compute"]);
});

describe("compute, in the cluster", () => {
  it(
    "is used while a pod of a Job runs there, and not for a pod that only waits",
    { timeout: 120_000 },
    async () => {
      const facts = readFileSync(join(__dirname, "../../components/power/scripts/facts.sh"), "utf8");
      const jobs = () =>
        onNode("compute", "bash -s 22 /run/facts-of-test", facts).match(/^(job|unknown)\t.*$/gm);
      const { spec } = sleeper("waits", there) as { spec: object };
      apply(sleeper("waits", there));
      await until("the pod runs", 60, () => ready("app=waits").length === 1);
      expect(jobs()).toBeNull();
      apply({
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "works" },
        spec: {
          template: {
            metadata: { labels: { app: "works" } },
            spec: { ...spec, ...there, restartPolicy: "Never" },
          },
        },
      });
      await until("the Job's pod runs", 60, () => ready("app=works").length === 1);
      expect(jobs()).toEqual(["job\ta pod of a Job runs"]);
      kubectl(["delete", "job", "works"]);
    },
  );

  it("stays on, and takes pods again, when one is there that nothing recreates", { timeout: 120_000 }, () => {
    const { code, text } = command("sleep", "compute");
    expect([code, text]).toEqual([
      1,
      expect.stringMatching(/compute stays on: .*waits.* It takes pods again\.\n$/s),
    ]);
    expect(node().spec.unschedulable).toBeUndefined();
    expect(node().metadata.annotations?.[mark]).toBeUndefined();
  });

  it(
    "is drained, goes off, and comes back by its button without being cordoned",
    { timeout: 300_000 },
    async () => {
      const { code, text } = command("sleep", "--force", "compute");
      expect([code, text]).toEqual([
        0,
        expect.stringMatching(/compute will take pods again when it is back\.\n$/),
      ]);
      await off(30);
      expect(ready("app=waits")).toEqual([]);
      expect(node().spec.unschedulable).toBeUndefined();
      lab("node", "start", "compute");
      await until("compute is ready", 90, () => isReady("compute"));
    },
  );

  it("gets its pods back by wake when a sleep was stopped in the middle, but not when a person cordoned it", () => {
    kubectl(["annotate", "node", "compute", `${mark}=yes`]);
    kubectl(["cordon", "compute"]);
    expect(command("wake", "compute").text).toMatch(/compute takes pods again\.\n$/);
    expect(node().spec.unschedulable).toBeUndefined();
    kubectl(["cordon", "compute"]);
    expect(command("wake", "compute").text).toMatch(/compute stays cordoned: somebody did that by hand\.\n$/);
    expect(node().spec.unschedulable).toBe(true);
  });
});
