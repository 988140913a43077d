import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasCluster } from "../../lab/drills/list";
import { k3sOf, kubectl, running, until } from "../cluster/kubectl";
import { Fake } from "../inference/fakes";
import { homelabCommand } from "../support/command";
import { onNode } from "../support/lab";
import { ChangedConfig, preview, up, well } from "../support/stack";
import { agentsHandedOut, Tasks } from "./tasks";

const namespace = "homelab-workloads-desktop";
const image = "localhost/homelab-lab/inference:1.106.12";
const config = new ChangedConfig("desktop");
/** The pool `code` of lab/agents, as two pods. */
const inCluster = () =>
  config.with([
    [["homelab:agents", "pools", "code", "cluster"], true],
    [["homelab:agents", "pools", "code", "replicas"], 2],
  ]);
const second = new Fake("second", { ms: 1500, limits: { tokens: 24_000, requests: 10_000 } });
const tasks = new Tasks(agentsHandedOut);

const pods = () => running(namespace, "agent-code").map(({ metadata }) => metadata.name);
/** The pool's agents, as `homelab agents` has them. */
function shown() {
  const { code, text } = homelabCommand("agents", ["--output", "json"], 60);
  expect(code).toBe(0);
  const { agents } = JSON.parse(text) as {
    agents: { name: string; running: boolean; task?: { id: number } }[];
  };
  return agents.filter(({ name }) => name.startsWith("agent-code-"));
}

/** With `lab/agents on` and `lab/cluster on`. */
describe.skipIf(!hasCluster())("a pool of agents in the cluster", () => {
  beforeAll(async () => {
    await second.listen(4812);
    // The lab's nodes reach no registry: what podman has there is given to the cluster's containerd.
    onNode(
      "desktop",
      `k3s=${k3sOf("k3s-agent")}; podman save ${image} | "$k3s" ctr images import - >/dev/null`,
    );
    well(up("desktop", ...inCluster()));
    await until("two agents run", 120, () => pods().length === 2);
  }, 900_000);
  afterAll(async () => {
    await tasks.close();
    await second.close();
    well(up("desktop"));
    config.remove();
  }, 600_000);

  it("does its tasks, with what its secrets open, and each agent is named as its pod is", async () => {
    const { said, agent } = await tasks.done("code", "hello");
    expect(said.join()).toContain("from second");
    expect(pods()).toContain(agent);
  });

  it("is shown by `homelab agents`, by its pods' names", () => {
    expect(shown().map(({ name, running }) => [name, running])).toEqual(
      pods()
        .sort()
        .map((name) => [name, true]),
    );
  });

  it("goes on with a task whose pod is killed, in another one", async () => {
    const { seq } = await tasks.give("code", "a longer one", 12);
    let holder = "";
    await until("an agent has it", 60, () => {
      holder = shown().find(({ task }) => task?.id === seq)?.name ?? "";
      return holder !== "";
    });
    kubectl(["delete", "pod", "-n", namespace, holder, "--grace-period=0", "--force"]);
    const { said, agent } = await tasks.result("code", seq);
    expect(said).toHaveLength(12);
    expect(agent).not.toBe(holder);
    await until("two agents run", 120, () => pods().length === 2);
  });

  it("has nothing to change after an up, and its key is in no text of a pod", () => {
    well(preview("desktop", "--expect-no-changes", ...inCluster()));
    const { passwords } = agentsHandedOut();
    const texts = kubectl(["get", "pods,deployments,configmaps", "-n", namespace, "-o", "yaml"]);
    for (const secret of [passwords.nats?.["agents-code"], passwords.inference?.["agents-code"]]) {
      expect(secret).toBeTruthy();
      expect(texts.includes(secret ?? "")).toBe(false);
    }
  });
});
