import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { onNode } from "../support/lab";
import { dsnOf, incarnation, psql } from "../support/services";
import { ChangedConfig, handedOut, nothingToChange, pulumi, up, well } from "../support/stack";

let storage: StorageOutputs;
const config = new ChangedConfig();
const now = () => ({
  postgres: incarnation("postgres"),
  minio: incarnation("minio"),
  firewall: incarnation("homelab-firewall"),
});
const show = (setting: string) => psql("desktop", dsnOf(storage, "system", "dagster"), `SHOW ${setting}`);
const postgres = (key: string, value: unknown) =>
  config.with([[["homelab:postgres", ...key.split(".")], value]]);

describe("a changed setting", () => {
  beforeAll(() => {
    storage = handedOut();
    nothingToChange();
  });
  afterAll(() => {
    config.remove();
  });

  it("is reloaded, without restarting anything, where the server can do that", () => {
    const file = join(__dirname, "../../lab/state/Pulumi.storage.yaml");
    const before = readFileSync(file, "utf8");
    const running = now();
    try {
      well(pulumi("storage", "config", "set", "--path", "homelab:postgres.workMem", "9MB"));
      expect(well(up("storage")).text).toMatch(/postgres\.service on storage is healthy \(reloaded\)/);
      expect(show("work_mem")).toBe("9MB");
    } finally {
      writeFileSync(file, before);
    }
    well(up("storage"));
    expect(show("work_mem")).toBe("8MB");
    expect(now()).toEqual(running);
  });

  it("restarts PostgreSQL, and nothing else, where only a start reads it", () => {
    const running = now();
    expect(well(up("storage", ...postgres("sharedBuffers", "96MB"))).text).toMatch(
      /postgres\.service on storage is healthy \(restarted\)/,
    );
    expect(show("shared_buffers")).toBe("96MB");
    expect(now()).toEqual({
      ...running,
      postgres: expect.not.stringMatching(`^${running.postgres}$`) as string,
    });
    well(up("storage"));
    expect(show("shared_buffers")).toBe("128MB");
    expect(now()).toMatchObject({ minio: running.minio, firewall: running.firewall });
  });

  it("of who may connect is reloaded in the firewall, and leaves connections alone", () => {
    const running = now();
    const topology = config.topology((all) => {
      all.operators = ["10.77.0.1", "10.77.0.99"];
    });
    well(up("storage", ...config.with([[["homelab:topology"], topology]])));
    expect(onNode("storage", "nft list table inet homelab")).toContain("10.77.0.99");
    well(up("storage"));
    expect(onNode("storage", "nft list table inet homelab")).not.toContain("10.77.0.99");
    expect(now()).toEqual(running);
  });
});

describe("a change with which PostgreSQL does not come up", () => {
  const broken = new ChangedConfig();
  const system = () => dsnOf(storage, "system", "dagster");
  /** Tries the change, and looks that all is as before. */
  const fails = (settings: object): string => {
    const { minio } = now();
    const failed = up("storage", ...broken.with([[["homelab:postgres", "settings"], settings]]));
    expect(failed.code).not.toBe(0);
    expect(failed.text).toMatch(/postgres\.service on storage .*its predecessor is back and healthy/s);
    expect(psql("desktop", system(), "SELECT n FROM lab_kept")).toBe("42");
    expect(now().minio).toBe(minio);
    return failed.text;
  };
  beforeAll(() => {
    psql("desktop", system(), "CREATE TABLE lab_kept AS SELECT 41 + 1 AS n");
  });
  afterAll(() => {
    psql("desktop", system(), "DROP TABLE IF EXISTS lab_kept");
    broken.remove();
  });

  it("ends with its predecessor back, the reason from the journal, and all data", () => {
    const said = fails({ shared_preload_libraries: "lab_nonsense" });
    expect(said).toMatch(/Its journal's last lines:.*could not access file "lab_nonsense"/s);
    nothingToChange();
    expect(well(up("storage")).text).toMatch(/Resources:\s+\d+ unchanged/);
  });

  it("ends so, without a restart, when it is a reload that the server refuses", () => {
    const { postgres: running } = now();
    expect(fails({ vacuum_cost_delay: "slow" })).toContain("vacuum_cost_delay");
    expect(now().postgres).toBe(running);
    nothingToChange();
  });
});
