import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { script } from "../support/backup";
import { onNode } from "../support/lab";
import { handedOut, preview, up, well } from "../support/stack";
import { apply, isReady, kubectl, ready, sleeper, until } from "./kubectl";

/** The cluster's own state: lost for good, and brought back from the backup. Nothing is typed but `up`. */

const data = "/srv/homelab/k3s";
const told: string[] = [];
const members = ["storage", "desktop", "compute"] as const;
const uid = () => kubectl(["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"]);
const rules = () => kubectl(["get", "validatingadmissionpolicies", "-o", "name"]).split("\n").length;
const there = (name: string) =>
  kubectl(["get", "configmap", name, "--ignore-not-found", "-o", "name"]) !== "";

/** An up of each node, one after the other, each in its time; and the whole cluster is ready afterwards. */
async function everyUp(what: string): Promise<void> {
  for (const node of members) {
    const { seconds } = well(up(node));
    told.push(`${what}: up of ${node} ${seconds.toFixed(0)} s`);
  }
  // lab/kubectl keeps the way to the cluster that was there when it was asked first.
  rmSync(join(__dirname, "../../lab/state/kubeconfig"), { force: true });
  for (const node of members) {
    const seconds = await until(`${node} is ready`, 60, () => isReady(node));
    told.push(`${what}: ${node} ready ${seconds.toFixed(1)} s later`);
  }
}

let former: string;
let declared: number;
beforeAll(() => {
  former = uid();
  declared = rules();
  apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "by-hand" }, data: { kept: "yes" } });
});
afterAll(() => {
  kubectl(["delete", "configmap,pod", "by-hand", "lives", "--ignore-not-found", "--force"]);
  onNode(
    "storage",
    `rm -rf ${data}/server.before-* ${data}/homelab-agent-token.before-* ${data}/server.lost`,
  );
  console.log(told.join("\n"));
});

describe("the cluster's state", () => {
  it("is copied in a moment, and the cluster goes on", async () => {
    expect(script("cluster.sh")).toMatchObject({ code: 0 });
    expect(onNode("storage", "systemctl list-timers --all --no-legend 'homelab-cluster-goes-on*'")).toBe("");
    await until("the API answers", 10, () => there("by-hand"));
    expect(members.filter((node) => !isReady(node))).toEqual([]);
  });

  it("is lost for good: storage makes a new cluster, and the agents join it, each in its next up", async () => {
    onNode("storage", `systemctl stop k3s && mv ${data}/server ${data}/server.lost`);
    await everyUp("lost for good");
    expect(uid()).not.toBe(former);
    expect(there("by-hand")).toBe(false);
    expect(rules()).toBe(declared);
    for (const node of members) well(preview(node, "--expect-no-changes"));
    apply(sleeper("lives", { nodeName: "desktop" }));
    await until("a pod runs on an agent", 60, () => ready("app=lives").length === 1);
  });

  it("comes back from the backup, with what no stack declares, and everybody knows it again", async () => {
    const restored = script("cluster.sh", "restore", "latest");
    expect(restored.code, restored.said).toBe(0);
    await everyUp("brought back");
    expect(uid()).toBe(former);
    expect(kubectl(["get", "configmap", "by-hand", "-o", "jsonpath={.data.kept}"])).toBe("yes");
    expect(rules()).toBe(declared);
    expect(handedOut().CLUSTER_IDENTIFIER).toMatch(/^homelab-[0-9a-f]{16}$/);
    for (const node of members) well(preview(node, "--expect-no-changes"));
  });
});
