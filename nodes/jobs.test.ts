import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { house } from "../power/testing";
import { loadSettings } from "../settings";
import { connectionOf } from "../topology";
import { jobsFile } from "./jobs";

const folder = mkdtempSync(join(tmpdir(), "homelab-jobs-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Reads jobs as storage's stack does, with these settings of its alerts. */
function read(jobs: Record<string, object>, alerts: object, k3s: object = {}) {
  const file = join(folder, "jobs.yaml");
  const base = { node: "storage", user: "ada", command: "true" };
  const all = Object.fromEntries(
    Object.entries(jobs).map(([name, more]) => [name, "image" in more ? more : { ...base, ...more }]),
  );
  writeFileSync(file, JSON.stringify({ jobs: all }));
  const settings = loadSettings(
    "storage",
    {
      "homelab:jobs": JSON.stringify({ enabled: true, file }),
      "homelab:prefect": JSON.stringify({ enabled: true }),
      "homelab:alerts": JSON.stringify(alerts),
      "homelab:k3s": JSON.stringify(k3s),
    },
    { home: "/nowhere", exists: () => false },
  );
  const node = { ...house.nodes.storage, name: "storage" as const };
  return () => jobsFile({ topology: house, node, settings, connection: connectionOf(node, undefined) });
}

describe("whom jobs name to be told", () => {
  const told = { backup: { notify: ["ada"] }, report: { notify: ["ada", "ben"] } };
  const receivers = { ada: { webhook: "https://example.org/ada" } };

  it("are receivers of the Alertmanager on the node of Prefect's server, or are refused before anything is declared", () => {
    expect(read({ backup: told.backup }, { enabled: true, receivers })()()).toHaveProperty("backup");
    expect(read(told, { enabled: true, receivers })).toThrow(
      "jobs.report.notify names ben, which is no receiver: homelab:alerts.receivers on storage has ada. Declare it there, or take it out here.",
    );
    expect(read(told, { enabled: true })).toThrow(
      "jobs.backup.notify (and 1 more) names ada, which is no receiver: homelab:alerts.receivers on storage has none.",
    );
    expect(read(told, { receivers })).toThrow(
      "homelab:alerts.enabled is false on storage, so nobody can be told",
    );
  });
});

describe("a node that a job needs", () => {
  it("is refused before anything is declared where it is always on", () => {
    expect(read({ copy: { needs: "desktop" } }, {})).toThrow(
      "jobs.copy.needs names desktop, which is always on: only an on-demand node can be waited for.",
    );
  });
});

describe("a job that is an image", () => {
  const image = "registry.example.org/thumbs:1.4.2";

  it("is refused before anything is declared where its node is in no cluster", () => {
    const here = { thumbs: { node: "storage", image } };
    expect(read(here, {})).toThrow(
      "jobs.thumbs is an image, which runs in the cluster, and storage is no member of it: set homelab:k3s.enabled to true there and on storage, or make it a command of the node.",
    );
    expect(read(here, {}, { enabled: true })()()).toHaveProperty("thumbs");
    // Another node's stack sees to its own.
    expect(read({ thumbs: { node: "desktop", image } }, {})()()).toHaveProperty("thumbs");
  });
});
