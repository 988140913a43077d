import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ruleGroups } from "../../components/observability-stack/rules";
import { hasCluster } from "../../lab/drills/list";
import { now, query, Receiver } from "../support/alerts";
import { until } from "../support/until";
import { nodeNames } from "../../topology";
import { lab, labTopology, onNode } from "../support/lab";

/** With `lab/observability on`. */
const receiver = new Receiver();
beforeAll(async () => {
  await receiver.open();
  for (const node of nodeNames) now(node, "homelab-metrics.service");
  now("storage", "homelab-targets.service");
  await until(
    "that everything is asked",
    () => (query('up{job!="node"} == 1').length >= 6 ? true : undefined),
    180,
  );
});
afterAll(() => {
  receiver.close();
});

describe("what the house measures", () => {
  it("comes from every node, under its name and not its address", () => {
    const nodes = query('up{job="node"} == 1');
    expect(nodes.map(({ metric }) => `${metric.node} ${metric.lifecycle}`).sort()).toEqual([
      "compute on-demand",
      "desktop always-on",
      "storage always-on",
    ]);
  });

  it("comes from whatever a node's services declare, with no line for it on storage", () => {
    const all = query('up{job!="node"} == 1');
    // The gateway's are there once lab/agents has switched it on.
    const seen = all
      .map(({ metric }) => `${metric.job} ${metric.node}`)
      .filter((one) => !/^inference-(door|gateway) desktop$/.test(one));
    const ofCluster = hasCluster() ? ["cadvisor", "kubelet"] : [];
    expect(seen.sort()).toEqual(
      [
        ...["alertmanager desktop", "alertmanager storage", "minio-s3-api storage", "postgres storage"],
        ...["prometheus storage", "victorialogs storage"],
        ...ofCluster.flatMap((job) => nodeNames.map((node) => `${job} ${node}`)),
      ].sort(),
    );
  });

  // What the lab has none of here (Prefect, the mesh, agents and their models are suites of their own), and what is written only when it happens.
  const none =
    /^(homelab_prefect_|homelab_inference_|homelab_agent|homelab_mesh_|smart|node_md_|node_btrfs|container_|homelab_run_|homelab_certificate|homelab_logs|homelab_node_|pg_replication_slot|homelab_backup_files_incomplete|homelab_backup_(database|base)_failed|homelab_job_|alertmanager_notifications_failed)/;
  const names = [
    ...new Set(
      ruleGroups
        .flatMap(({ rules, records = [] }) => [...rules, ...records].map(({ expr }) => expr))
        .flatMap(
          (expr) =>
            expr
              .replaceAll(/"[^"]*"/g, '""')
              .match(/\b(?:node|pg|homelab|prometheus|alertmanager|minio|container|smart\w*)_\w+/g) ?? [],
        ),
    ),
  ].filter((name) => !none.test(name) && name !== "node_expected");

  it.each(names)("has series of %s, which a rule speaks of", async (name) => {
    await until(`that ${name} is there`, () => (query(name).length > 0 ? true : undefined), 60);
  });

  it("can be asked by the house's nodes alone", () => {
    const { storage, compute } = labTopology().nodes;
    const asks = (from: "storage" | "desktop", at: string) =>
      onNode(from, `curl -s -o /dev/null --max-time 5 http://${at} && echo answered || echo refused`).trim();
    expect(asks("storage", `${compute.address}:9100/metrics`)).toBe("answered");
    expect(asks("desktop", `${compute.address}:9100/metrics`)).toBe("refused");
    expect(asks("desktop", `${storage.address}:9090/-/ready`)).toBe("answered");
    const stranger = `curl -s -o /dev/null --max-time 5 http://${storage.address}:9090/-/ready && echo answered || echo refused`;
    expect(lab("stranger", "sh", "-c", stranger).trim()).toBe("refused");
  });
});

describe("an agent that fails", () => {
  it("is told within a minute, by name, with what to do, and once; and told to be over", async () => {
    const unit = "homelab-test-agent.service";
    onNode(
      "desktop",
      `systemctl stop ${unit} 2>/dev/null; systemctl reset-failed ${unit} 2>/dev/null; systemd-run --quiet --unit ${unit} --property Type=exec sleep 3600`,
    );
    try {
      await until(
        "that the agent is seen",
        () =>
          query(`node_systemd_unit_state{name="${unit}", state="active"} == 1`).length > 0 ? true : undefined,
        90,
      );
      const began = Date.now();
      onNode("desktop", `systemctl kill -s KILL ${unit}`);
      const told = await until(
        "that it was told",
        () => receiver.about({ alertname: "UnitFailed", name: unit })[0],
        120,
      );
      const seconds = (told.at - began) / 1000;
      console.log(`an agent's failure was told after ${seconds.toFixed(1)} s`);
      expect(seconds).toBeLessThan(60);
      expect(told.labels).toMatchObject({ node: "desktop", severity: "critical" });
      expect(told.annotations).toMatchObject({
        summary: `${unit} on desktop failed: journalctl -u ${unit}`,
        runbook: "docs/runbooks/alerts.md#unitfailed",
      });
    } finally {
      onNode("desktop", `systemctl reset-failed ${unit}`);
    }
    await until(
      "that it is over",
      () => receiver.about({ alertname: "UnitFailed", name: unit }, "resolved")[0],
      240,
    );
    // Both Alertmanagers were told of it; people once.
    expect(receiver.about({ alertname: "UnitFailed", name: unit })).toHaveLength(1);
  });
});

describe("a house that nobody watches", () => {
  it("is told while it is so, and not only once it is over", async () => {
    // As its timer does, and as if Prometheus had not been heard for long: the last time is seconds ago.
    const watchdog = () =>
      onNode(
        "desktop",
        `$(systemctl cat homelab-watchdog.service | sed -n 's/^ExecStart=\\(.*\\) [0-9]*$/\\1/p') 1`,
      );
    const told = await until(
      "that it was told",
      () => {
        watchdog();
        return receiver.about({ alertname: "MonitoringDead" })[0];
      },
      90,
    );
    expect(told.labels).toMatchObject({ severity: "critical" });
    await until("that it is over", () => receiver.about({ alertname: "MonitoringDead" }, "resolved")[0], 330);
  });
});
