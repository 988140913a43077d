import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { homelabCommand } from "../support/command";
import { lab, onNode } from "../support/lab";

const shape = z.object({
  verdict: z.number(),
  nodes: z.array(
    z.object({
      node: z.string(),
      power: z.string(),
      says: z.string(),
      services: z.array(z.object({ name: z.string(), state: z.string(), why: z.array(z.string()) })),
      unanswered: z.array(z.string()),
    }),
  ),
});

/** `homelab status` with time enough for a busy computer: all is answered. */
function status() {
  const { code, text } = homelabCommand("status", ["--limit", "60", "--output", "json"], 120);
  const { verdict, nodes } = shape.parse(JSON.parse(text));
  expect(verdict).toBe(code);
  const of = (name: string) => {
    const found = nodes.find(({ node }) => node === name);
    if (found === undefined) throw new Error(`${name} is not shown: ${text}`);
    return { ...found, service: (service: string) => found.services.find((each) => each.name === service) };
  };
  return { code, of };
}

const unit = "homelab-backup-keep.timer";
const path = `/etc/systemd/system/${unit}`;
const repository = "homelab-backup-repository.service";

beforeAll(() => {
  lab("node", "start", "compute");
});
afterAll(() => {
  lab("node", "start", "compute");
});

describe("homelab status", () => {
  it("shows nodes that are on, and their services as declared, with nothing unanswered", () => {
    const seen = status();
    for (const node of ["storage", "desktop", "compute"]) {
      const { power, unanswered, services } = seen.of(node);
      expect({ node, power, unanswered }).toEqual({ node, power: "on", unanswered: [] });
      expect(services.length).toBeGreaterThan(0);
    }
    const well = { state: "as declared", why: [] };
    expect(seen.of("storage").service("postgres.service")).toEqual({ name: "postgres.service", ...well });
    expect(seen.of("storage").service("minio.service")).toEqual({ name: "minio.service", ...well });
    expect(seen.of("desktop").service(repository)).toEqual({ name: repository, ...well });
    expect(seen.of("desktop").service(unit)).toEqual({ name: unit, ...well });
  });

  it("shows with --preview what Pulumi would change of each stack", () => {
    lab("pulumi", "compute", "config", "set", "homelab:unknownKey", "1");
    try {
      const { code, text } = homelabCommand("status", ["--preview", "--limit", "60"], 300);
      expect(text).toMatch(/^ {2}storage {2}(no changes|\d+ changes?: )/m);
      expect(text).toMatch(/^ {2}compute {2}could not be previewed: .*homelab:unknownKey/m);
      expect(code).toBe(1);
    } finally {
      lab("pulumi", "compute", "config", "rm", "homelab:unknownKey");
    }
  });

  it("shows a service that was stopped and a unit that was changed by hand, and ends with 1", () => {
    onNode(
      "desktop",
      `systemctl stop ${repository} && cp -a ${path} /tmp/kept.timer && echo '# by hand' >>${path}`,
    );
    try {
      const { code, of } = status();
      expect(of("desktop").service(repository)).toMatchObject({ state: "not running" });
      expect(of("desktop").service(unit)).toEqual({
        name: unit,
        state: "changed",
        why: [`${path} was changed by hand`],
      });
      expect(code).toBe(1);
    } finally {
      onNode(
        "desktop",
        `mv /tmp/kept.timer ${path} && systemctl daemon-reload && systemctl start ${repository}`,
      );
    }
    expect(status().of("desktop").service(unit)).toMatchObject({ state: "as declared" });
  });

  it("shows a service that runs and is ill: its own health check is asked", () => {
    onNode("storage", "podman pause minio");
    try {
      expect(status().of("storage").service("minio.service")).toMatchObject({ state: "unhealthy" });
    } finally {
      onNode("storage", "podman unpause minio");
    }
  });

  it("shows a node that was put to sleep as off on purpose, without waiting for it past the limit", () => {
    expect(homelabCommand("sleep", ["compute"], 120).code).toBe(0);
    const { code, text } = homelabCommand("status", ["--limit", "15"], 60);
    expect([0, 1, 3]).toContain(code);
    expect(text).toMatch(/^compute {2}off on purpose since .*: put to sleep by hand$/m);
    expect(text).toMatch(/^storage {2}on since /m);
  });
});
