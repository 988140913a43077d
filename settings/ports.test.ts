import { describe, expect, it } from "vitest";
import { house } from "../power/testing";
import { checkSettings, loadSettings } from ".";
import { refusals } from "./testing";

const around = { home: "/nowhere", exists: () => false };
const config = (keys: Record<string, object>) =>
  Object.fromEntries(Object.entries(keys).map(([key, value]) => [`homelab:${key}`, JSON.stringify(value)]));

const wrong = {
  storage: (keys: Record<string, object>) =>
    refusals(() => {
      checkSettings(loadSettings("storage", config(keys), around), "storage", house);
    }),
  desktop: (keys: Record<string, object>) =>
    refusals(() => {
      checkSettings(loadSettings("desktop", config(keys), around), "desktop", house);
    }),
  compute: (keys: Record<string, object>) =>
    refusals(() => {
      checkSettings(loadSettings("compute", config(keys), around), "compute", house);
    }),
};
const on = { enabled: true };

describe("a port of a node", () => {
  it.each([
    [
      "storage",
      { minio: { apiPort: 4009 }, power: on },
      "homelab:minio.apiPort is 4009: what homelab:power.enabled starts",
    ],
    [
      "storage",
      { minio: { apiPort: 10250 }, k3s: on },
      "homelab:minio.apiPort is 10250: what homelab:k3s.enabled starts",
    ],
    [
      "storage",
      { minio: { consolePort: 6443 }, k3s: on },
      "homelab:k3s.apiPort is 6443: homelab:minio.consolePort",
    ],
    [
      "storage",
      { minio: { apiPort: 8010 }, backup: { files: true } },
      "homelab:backup.repositoryPort is 8010: homelab:minio.apiPort",
    ],
    ["storage", { postgres: { port: 22 } }, "homelab:postgres.port is 22: nodes.storage.ssh.port"],
    [
      "desktop",
      { replica: { ...on, port: 8010 }, backup: { keepsOffNode: true } },
      "homelab:backup.repositoryPort is 8010: homelab:replica.port",
    ],
    [
      "desktop",
      { backup: { keepsOffNode: true, repositoryPort: 10250 }, k3s: on },
      "homelab:backup.repositoryPort is 10250: what homelab:k3s.enabled starts",
    ],
    [
      "compute",
      { compute: { ...on, ollama: { port: 10250 } }, k3s: on },
      "homelab:compute.ollama.port is 10250: what homelab:k3s.enabled starts",
    ],
  ] as const)("is not taken twice on %s: %j", (stack, keys, sentence) => {
    expect(wrong[stack](keys)).toEqual([`${sentence} has this port already; each needs its own.`]);
  });

  it("is free where what would take it is off", () => {
    expect(
      wrong.storage({ minio: { apiPort: 4009, consolePort: 10250 }, backup: { repositoryPort: 5432 } }),
    ).toEqual([]);
    expect(wrong.desktop({ replica: { port: 8010 }, backup: { repositoryPort: 22 } })).toEqual([]);
    expect(wrong.compute({ compute: { ollama: { port: 10250 } } })).toEqual([]);
  });
});
