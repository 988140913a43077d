import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { house } from "../../power/testing";
import {
  alertsSchema,
  grafanaSchema,
  logShippingSchema,
  logsSchema,
  metricsSchema,
  monitorSecrets,
  postgresExporterSchema,
  prometheusSchema,
} from "../../services";
import { declared, named, secret } from "../testing";
import { ObservabilityStack, type ObservabilityStackArgs } from ".";

const stack = (args: Partial<ObservabilityStackArgs>) =>
  declared(
    () =>
      new ObservabilityStack("observability", {
        node: house.nodes.storage,
        topology: house,
        sshIdentity: undefined,
        metrics: metricsSchema.parse({ enabled: true }),
        ...args,
      }),
  );

/** Texts of a unit's files by path. */
const files = (unit: { inputs: Readonly<Record<string, unknown>> }): Record<string, string> =>
  Object.fromEntries(
    (unit.inputs.files as { path: string; content: string }[]).map(({ path, content }) => [path, content]),
  );

const prometheus = prometheusSchema.parse({ enabled: true });
const alerts = alertsSchema.parse({
  enabled: true,
  webhook: "https://example.org/a-long-secret",
  telegram: { chat: 7, token: "bot-token" },
});

describe("an ObservabilityStack", () => {
  it("measures an on-demand node, and keeps nothing there", async () => {
    const all = await stack({ node: house.nodes.compute });
    expect(named(all, "observability").visible.placement).toMatchObject({ node: "compute", keeps: "none" });
    expect(all.filter(({ type }) => type === "homelab:remote:Unit").map(({ name }) => name)).toEqual([
      "observability-metrics",
      "observability-node-exporter-unit",
    ]);
  });

  it("collects and tells on an always-on node, where what it keeps is named", async () => {
    const all = await stack({ prometheus, alerts });
    expect(named(all, "observability").visible.placement).toMatchObject({
      keeps: "persistent",
      paths: ["/srv/homelab/prometheus", "/srv/homelab/alertmanager"],
    });
    const config = files(named(all, "observability-prometheus-unit"))[
      "/etc/homelab/prometheus/prometheus.yml"
    ];
    expect(parse(config ?? "")).toMatchObject({
      alerting: { alertmanagers: [{ static_configs: [{ targets: ["10.0.0.1:9093", "10.0.0.2:9093"] }] }] },
      scrape_configs: [
        {
          job_name: "node",
          static_configs: [
            { targets: ["10.0.0.1:9100"], labels: { node: "storage", lifecycle: "always-on" } },
            { targets: ["10.0.0.2:9100"], labels: { node: "desktop", lifecycle: "always-on" } },
            { targets: ["10.0.0.3:9100"], labels: { node: "compute", lifecycle: "on-demand" } },
          ],
        },
        { job_name: "services" },
      ],
    });
  });

  it.each([
    ["Prometheus", { prometheus }],
    ["Alertmanager", { alerts }],
    ["Loki", { logs: logsSchema.parse({ enabled: true }) }],
  ])("has no %s on an on-demand node", async (_what, one) => {
    await expect(stack({ node: house.nodes.compute, ...one })).rejects.toThrow(/on-demand/);
  });

  it("keeps what opens a receiver in podman's secrets, and nowhere else", async () => {
    const all = await stack({ alerts });
    const shown = JSON.stringify(all.map(({ visible }) => visible));
    expect(shown).not.toContain("a-long-secret");
    expect(shown).not.toContain("bot-token");
    expect(named(all, "observability-alertmanager-webhook-secret").visible.value).toBe(secret);
    const text = files(named(all, "observability-alertmanager-unit"))[
      "/etc/containers/systemd/alertmanager.container"
    ];
    expect(text).toContain("Secret=homelab-alertmanager-webhook,type=mount,mode=0400,uid=65534\n");
    expect(text).toContain("Secret=homelab-alertmanager-telegram-token,type=mount,mode=0400,uid=65534\n");
  });

  it("says on each node what is to be scraped there", async () => {
    const all = await stack({ targets: [{ name: "minio", port: 9000, path: "/minio/v2/metrics/cluster" }] });
    expect(files(named(all, "observability-metrics"))["/etc/homelab/metrics/config"]).toBe(
      "target\tminio\t9000\t/minio/v2/metrics/cluster\n",
    );
  });

  it("measures PostgreSQL with a password of its own", async () => {
    const all = await stack({
      postgres: { exporter: postgresExporterSchema.parse({ enabled: true }), port: 5433 },
    });
    const text = files(named(all, "observability-postgres-exporter-unit"))[
      "/etc/containers/systemd/postgres-exporter.container"
    ];
    expect(text).toContain('Environment="DATA_SOURCE_URI=127.0.0.1:5433/homelab_monitor?sslmode=disable"\n');
    expect(text).toContain("Secret=homelab-postgres-exporter-password,");
  });

  it("carries logs to Loki by Vector, and to VictoriaLogs by systemd's own", async () => {
    const by = async (engine: "loki" | "victorialogs") => {
      const all = await stack({
        logs: logsSchema.parse({ enabled: true, engine }),
        shipping: logShippingSchema.parse({ enabled: true, engine }),
      });
      const units = all.filter(({ type }) => type === "homelab:remote:Unit").map(({ name }) => name);
      return units.filter((name) => /logs|vector|journal/.test(name)).sort();
    };
    expect(await by("loki")).toEqual(["observability-logs-unit", "observability-vector-unit"]);
    expect(await by("victorialogs")).toEqual([
      "observability-journal-upload-unit",
      "observability-logs-unit",
    ]);
  });

  it("puts each program beside those that need it, and shows the carrier the journal and the pods' logs", async () => {
    const shipping = logShippingSchema.parse({ enabled: true, engine: "victorialogs" });
    const unit = named(await stack({ shipping }), "observability-journal-upload-unit");
    const texts = files(unit);
    const folder = "/usr/local/lib/homelab/homelab-journal-upload";
    const programs = Object.entries(texts).filter(([path]) => /\.(sh|pl|pm)$/.test(path));
    expect(programs).toHaveLength(6);
    for (const [, text] of programs) {
      const own = [...text.matchAll(/^use ([A-Z][a-z]+);$|"\$here\/([\w.]+)"/gm)];
      for (const [, module, file = `${module ?? ""}.pm`] of own)
        expect(texts).toHaveProperty([`${folder}/${file}`]);
    }
    const text = texts["/etc/containers/systemd/homelab-journal-upload.container"];
    for (const path of ["/var/log/journal", "/var/log/pods"]) {
      expect(text).toContain(`Volume=${path}:${path}:ro`);
      expect(unit.inputs.directories).toContainEqual(expect.objectContaining({ path }));
    }
  });

  it("shows it on an always-on node, with the password of a role that reads in a secret alone", async () => {
    const settings = grafanaSchema.parse({ enabled: true, postgres: { role: "viewer" } });
    const storage = {
      ...{ s3Endpoint: "", s3: {} },
      dsns: { viewer: { agent_gateway: "postgresql://viewer:a-long-secret@10.0.0.1/agent_gateway" } },
    };
    const all = await stack({ node: house.nodes.desktop, grafana: { settings, storage } });
    expect(JSON.stringify(all.map(({ visible }) => visible))).not.toContain("a-long-secret");
    expect(named(all, "observability-grafana-postgres-secret").visible.value).toBe(secret);
    const texts = files(named(all, "observability-grafana-unit"));
    expect(texts["/etc/homelab/grafana/sources.yaml"]).toContain("url: 10.0.0.1:5432");
    expect(Object.keys(texts).filter((path) => path.endsWith(".json"))).toHaveLength(6);
    await expect(stack({ node: house.nodes.compute, grafana: { settings, storage } })).rejects.toThrow(
      /on-demand/,
    );
  });

  it("measures a standby by the role that came with its data, with the password that storage hands out", async () => {
    const none = { s3Endpoint: "", s3: {}, dsns: {} };
    const storage = { ...none, passwords: { "postgres-exporter": { password: "a-long-secret" } } };
    const exporter = postgresExporterSchema.parse({ enabled: true });
    const all = await stack({ node: house.nodes.desktop, postgres: { exporter, port: 5432, storage } });
    expect(JSON.stringify(all.map(({ visible }) => visible))).not.toContain("a-long-secret");
    expect(named(all, "observability-postgres-exporter-password-secret").inputs.value).toBe("a-long-secret");
    expect(() => monitorSecrets.password({ storage: none, passwords: {} })).toThrow(
      /set it on storage too and run `pulumi up --stack storage` first/,
    );
  });

  it("stays within a gigabyte on storage", async () => {
    const all = await stack({
      ...{ prometheus, alerts },
      logs: logsSchema.parse({ enabled: true }),
      shipping: logShippingSchema.parse({ enabled: true }),
      postgres: { exporter: postgresExporterSchema.parse({ enabled: true }), port: 5432 },
    });
    const limits = all
      .filter(({ type }) => type === "homelab:remote:Unit")
      .flatMap((unit) => Object.values(files(unit)))
      .flatMap((text) => [...text.matchAll(/^MemoryMax=(\d+)M$/gm)].map(([, size]) => Number(size)));
    expect(limits).toHaveLength(6);
    expect(limits.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(1024);
  });
});
