import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { query } from "../support/alerts";
import { lab, onNode } from "../support/lab";
import { pulumi, well } from "../support/stack";
import { apply, crashing, isReady, kubectl, until } from "./kubectl";

/** What Prometheus on storage knows of the cluster, by its kubelets. */

const pod = "measured-crashing";
const nodesWith = (expr: string) => [...new Set(query(expr).map(({ metric }) => metric.node))].sort();
const all = ["compute", "desktop", "storage"];
const token = "/var/lib/homelab/prometheus/cluster/token";
/** What the API says to whoever has Prometheus' token. */
const withToken = (path: string, at = "https://127.0.0.1:6443") =>
  onNode(
    "storage",
    `curl -sk -o /dev/null -m 10 -w '%{http_code}' -H "Authorization: Bearer $(cat ${token})" '${at}${path}'`,
  ).trim();

beforeAll(async () => {
  lab("node", "start", "compute");
  await until("all nodes are ready", 120, () => all.every((node) => isReady(node)));
  lab("observability", "on");
}, 900_000);
afterAll(() => {
  kubectl(["delete", "pod", pod, "--ignore-not-found", "--wait=false"]);
  lab("observability", "off");
}, 600_000);

describe("the cluster's measurements", () => {
  it("come from the kubelet of every node, whose certificate is checked", async () => {
    await until("all kubelets are asked", 180, () =>
      ["kubelet", "cadvisor"].every((job) => nodesWith(`up{job="${job}"} == 1`).join() === all.join()),
    );
    expect(nodesWith("kubelet_running_pods")).toEqual(all);
  }, 200_000);

  it("need a token that opens measurements and nothing else, and is in no state", () => {
    expect(withToken("/metrics", "https://127.0.0.1:10250")).toBe("200");
    expect(withToken("/run/kube-system/a/b", "https://127.0.0.1:10250")).toBe("403");
    expect(withToken("/pods", "https://127.0.0.1:10250")).toBe("403");
    for (const path of [
      "/api/v1/secrets",
      "/api/v1/nodes",
      "/api/v1/nodes/storage/proxy/metrics",
      "/api/v1/pods",
    ]) {
      expect([path, withToken(path)]).toEqual([path, "403"]);
    }
    expect(onNode("storage", `stat -c '%a %u' ${token}`).trim()).toBe("400 65534");
    const value = onNode("storage", `cat ${token}`).trim();
    const state = pulumi("storage", "stack", "export", "--show-secrets");
    well(state);
    expect(value.length).toBeGreaterThan(100);
    expect(state.text).not.toContain(value);
  });

  it("say that a container ends again and again, and which", async () => {
    const began = Date.now();
    apply(crashing(pod));
    await until(
      "the alert fires",
      600,
      () => query(`ALERTS{alertname="PodCrashLoops", alertstate="firing", pod="${pod}"}`).length > 0,
    );
    const [alert] = query(`ALERTS{alertname="PodCrashLoops", pod="${pod}"}`);
    expect(alert?.metric).toMatchObject({
      node: "desktop",
      namespace: "default",
      container: "c",
      severity: "critical",
    });
    console.log(`told after ${((Date.now() - began) / 1000).toFixed(0)} s`);
  }, 620_000);
});
