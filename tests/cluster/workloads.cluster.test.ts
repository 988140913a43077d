import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lab, onNode } from "../support/lab";
import { dsnOf } from "../support/services";
import { ChangedConfig, handedOut, preview, up, well } from "../support/stack";
import { isReady, kubectl, running, until } from "./kubectl";

/** Workloads of a person's own on desktop, as pods of the cluster. */

const namespace = "homelab-workloads-desktop";
const here = ["-n", namespace];
const image = "docker.io/library/busybox:1.37";
const kept = "/srv/homelab/lab-kept";
const serve = (text: string, folder = "/tmp/w") =>
  `mkdir -p ${folder} && echo "${text}" >${folder}/index.html && exec httpd -f -p "$PORT" -h ${folder}`;

const workloads = (greeting: string) => ({
  twins: {
    ...{ image, cluster: true, replicas: 2, command: ["sh", "-c", serve("$GREETING from $REPLICA")] },
    ports: { http: { port: 8080 } },
    environment: { PORT: "8080", GREETING: greeting, DSN: "${dsn.agent.agent_gateway}" },
    secretFiles: { dsn: "${dsn.agent.agent_gateway}" },
    memory: "32M",
    health: { http: "/", port: "http" },
  },
  keeper: {
    ...{ image, cluster: true, command: ["sh", "-c", `date >>/data/begun; ${serve("kept", "/data/w")}`] },
    ports: { http: { port: 18080, from: ["storage"], output: "KEEPER_URL" } },
    environment: { PORT: "18080" },
    keeps: { [kept]: "/data" },
    memory: "32M",
  },
  minutely: {
    ...{ image, cluster: true, command: ["sh", "-c", "echo tick"] },
    schedule: { at: "*:*", limitSeconds: 30 },
  },
});

const config = new ChangedConfig("desktop");
const on = (greeting = "hello") => config.with([[["homelab:workloads"], workloads(greeting)]]);
/** What a pod of the cluster gets from the two, by their name. */
const answer = () =>
  kubectl([
    ...["exec", ...here, "deployment/workload-keeper", "--"],
    ...["timeout", "30", "wget", "-qO-", "http://workload-twins:8080/"],
  ]);

beforeAll(async () => {
  await until("desktop is ready", 120, () => isReady("desktop"));
  well(up("desktop", ...on()));
}, 900_000);
afterAll(() => {
  well(up("desktop"));
  config.remove();
  onNode("desktop", `rm -rf ${kept}`);
}, 600_000);

describe("workloads in the cluster", () => {
  it("run on their node: as many as there are replicas, each with its own name, found by the workload's", async () => {
    await until("two pods run", 60, () => running(namespace, "workload-twins").length === 2);
    const twins = running(namespace, "workload-twins");
    expect(twins.map(({ spec }) => spec.nodeName)).toEqual(["desktop", "desktop"]);
    const names = twins.map(({ metadata }) => metadata.name);
    const seen = new Set<string>();
    await until("both have answered", 60, () => seen.add(answer()).size === 2);
    expect([...seen].sort()).toEqual(names.map((name) => `hello from ${name}`).sort());
  }, 600_000);

  it("are given their secrets, which are in no text of a pod, and no process list", () => {
    const dsn = dsnOf(handedOut(), "agent", "agent_gateway");
    const inside = (...command: string[]) =>
      kubectl(["exec", ...here, "deployment/workload-twins", "--", ...command]);
    expect(inside("sh", "-c", "echo $DSN")).toBe(dsn);
    expect(inside("cat", "/run/secrets/dsn")).toBe(dsn);
    const seen = [
      kubectl(["get", "pods,deployments,cronjobs,configmaps", ...here, "-o", "yaml"]),
      onNode("desktop", "ps -ewwo args"),
    ].join("\n");
    expect(seen.includes(new URL(dsn).password)).toBe(false);
  });

  it("serve their ports on the node's address, to whom their stack file says", () => {
    const from = (node: "storage" | "compute") =>
      onNode(node, "curl -s -m 8 http://10.77.0.12:18080/ || echo closed").trim();
    expect(from("storage")).toBe("kept");
    lab("node", "start", "compute");
    expect(from("compute")).toBe("closed");
  }, 300_000);

  it("run at their times", async () => {
    await until("a run has ended well", 120, () =>
      kubectl(["get", "jobs", ...here, "-o", "jsonpath={.items[*].status.succeeded}"]).includes("1"),
    );
    expect(kubectl(["logs", ...here, "-l", "app.kubernetes.io/name=workload-minutely"])).toContain("tick");
  }, 700_000);

  it("have nothing to change after an up", () => {
    well(preview("desktop", "--expect-no-changes", ...on()));
  });

  it("that were changed by hand are shown, and put right by an up", async () => {
    kubectl(["scale", ...here, "deployment/workload-twins", "--replicas=1"]);
    expect(preview("desktop", ...on()).text).toContain(
      `Deployment ${namespace}/workload-twins in the cluster was changed by hand.`,
    );
    well(up("desktop", ...on()));
    await until("two pods run", 60, () => running(namespace, "workload-twins").length === 2);
    well(preview("desktop", "--expect-no-changes", ...on()));
  }, 600_000);

  it("are changed by an up, and nothing else is", async () => {
    const [before] = running(namespace, "workload-keeper");
    well(up("desktop", ...on("good morning")));
    await until("they say it", 60, () => answer().startsWith("good morning from "));
    expect(running(namespace, "workload-keeper").map(({ metadata }) => metadata.uid)).toEqual([
      before?.metadata.uid,
    ]);
    well(preview("desktop", "--expect-no-changes", ...on("good morning")));
  }, 600_000);

  it("that keep data are refused on compute, before anything is touched", () => {
    const elsewhere = new ChangedConfig("compute");
    try {
      const { keeper } = workloads("");
      const { code, text } = preview("compute", ...elsewhere.with([[["homelab:workloads"], { keeper }]]));
      expect(code).not.toBe(0);
      expect(text).toContain(`homelab:workloads.keeper.keeps names ${kept}: it must be empty`);
    } finally {
      elsewhere.remove();
    }
  }, 300_000);

  it("go when they are taken out, and what they kept stays", async () => {
    well(up("desktop"));
    await until(
      "the namespace is gone",
      60,
      () => kubectl(["get", "namespace", namespace, "--ignore-not-found", "-o", "name"]) === "",
    );
    expect(onNode("desktop", `cat ${kept}/begun`).trim()).not.toBe("");
    expect(onNode("desktop", "systemctl list-units --all 'workload-*' --no-legend").trim()).toBe("");
    well(preview("desktop", "--expect-no-changes"));
  }, 600_000);
});
