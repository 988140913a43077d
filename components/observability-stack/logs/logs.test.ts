import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { house } from "../../../power/testing";
import { logShippingSchema, logsPort, logsSchema } from "../../../services";
import { logsRun } from ".";
import { vectorRun } from "./vector";

const { desktop } = house.nodes;
const loki = logsSchema.parse({ enabled: true });
const shipping = logShippingSchema.parse({ enabled: true });
const yaml = (text: string | undefined): unknown => parse(text ?? "");

describe("Loki", () => {
  const run = logsRun(loki);
  const config = yaml(run.files?.[0]?.content);

  it("is what keeps the logs unless a stack file says otherwise, at 3100", () => {
    expect([loki.engine, logsPort(loki), run.name]).toEqual(["loki", 3100, "loki"]);
    expect(config).toMatchObject({ server: { http_listen_port: 3100 } });
  });

  it("forgets what is older than its days, and takes what a node could not send until then", () => {
    const week = yaml(logsRun(logsSchema.parse({ retentionDays: 7 })).files?.[0]?.content);
    expect(week).toMatchObject({
      compactor: { retention_enabled: true, delete_request_store: "filesystem" },
      limits_config: { retention_period: "168h", reject_old_samples_max_age: "168h" },
    });
  });

  it("keeps ids beside lines and not as streams, of which it takes so many", () => {
    expect(config).toMatchObject({
      limits_config: { allow_structured_metadata: true, max_global_streams_per_user: 2000 },
      schema_config: { configs: [{ store: "tsdb", schema: "v13", index: { period: "24h" } }] },
    });
  });

  it("has a write-ahead log on the disk, within its memory", () => {
    expect(config).toMatchObject({ ingester: { wal: { enabled: true, dir: "/loki/wal" } } });
    expect(run.memory).toBe("256M");
    expect(run.container.mounts).toEqual([{ source: "/srv/homelab/loki", target: "/loki" }]);
  });
});

describe("Vector", () => {
  const run = vectorRun(shipping, desktop, house);
  const texts = Object.fromEntries((run.files ?? []).map(({ name, content }) => [name, content]));
  const config = yaml(texts["vector.yaml"]) as {
    sources: { journal: { extra_args: string[] } };
    transforms: Record<string, { inputs: string[]; drop_on_error?: boolean; file?: string }>;
    sinks: { loki: { inputs: string[]; endpoint: string; labels: object; structured_metadata: object } };
  };

  it("sends to storage's Loki", () => {
    expect(config.sinks.loki.endpoint).toBe("http://10.0.0.1:3100");
  });

  it("carries what was left of a former boot", () => {
    expect(config.sources.journal.extra_args).toContain("--merge");
  });

  it("has few streams, and ids beside the lines", () => {
    expect(Object.keys(config.sinks.loki.labels)).toEqual(["node", "source", "unit", "level"]);
    expect(Object.keys(config.sinks.loki.structured_metadata)).toContain("correlation_id");
  });

  it("sends no line that did not go through the program that takes secrets out", () => {
    const behind = (inputs: readonly string[]): boolean =>
      inputs.every((one) => {
        const { inputs: before = [], file, drop_on_error: drop } = config.transforms[one] ?? {};
        return file === "/etc/vector/said.vrl" ? drop === true : before.length > 0 && behind(before);
      });
    expect(behind(config.sinks.loki.inputs)).toBe(true);
    expect(texts["said.vrl"]).toContain("[redacted]");
  });

  it("finds each program that its configuration names", () => {
    const named = Object.values(config.transforms).flatMap(({ file }) => (file === undefined ? [] : [file]));
    expect(named).toHaveLength(3);
    for (const file of named) expect(run.files?.some(({ at }) => at === file)).toBe(true);
  });
});

it("VictoriaLogs runs in Loki's place, with its own port and directory", () => {
  const own = logsSchema.parse({ engine: "victorialogs" });
  const run = logsRun(own);
  expect([run.name, logsPort(own)]).toEqual(["victoria-logs", 9428]);
  expect(run.container.mounts).toEqual([{ source: "/srv/homelab/logs", target: "/data" }]);
});
