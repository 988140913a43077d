import { describe, expect, it } from "vitest";
import { z } from "zod";
import { jobName } from "../components/observability-stack";
import { firewallPorts } from "../nodes/firewall";
import { house } from "../power/testing";
import { checkSettings, loadSettings } from "../settings";
import { refusals } from "../settings/testing";
import type { NodeName } from "../topology";
import { pods } from "./compute";
import { podPort, type ComputeGroup } from "./compute-group";
import { servicesPage } from "./docs";
import { dataDirectory, flag, image, port, strict } from "./fields";
import { pod } from "./pod-fields";
import {
  computeWith,
  keptFiles,
  podsOn,
  portsOf,
  productionImages,
  quadletsOn,
  scrapedOn,
  secretName,
  secretNames,
  service,
  services as inHouse,
  urlsOf,
  type Services,
} from ".";

/** Two services as somebody would add them: a file each, and a line in the index. Nothing else knows of them. */
const messages = service({
  title: "Toy messages",
  purpose: "a queue that keeps what it is given",
  key: "toyMessages",
  on: ["desktop"],
  settings: strict({
    enabled: flag.default(false),
    image: image.default("docker.io/toys/messages:1.2.3"),
    port: port.default(4333),
    dataDirectory: dataDirectory.default("/srv/homelab/toy-messages"),
    limit: z.int().default(10).describe("how many"),
  }),
  problems: ({ limit }) =>
    limit > 100 ? [`homelab:toyMessages.limit is ${limit}: it must be at most 100.`] : [],
  enabled: ({ enabled }) => enabled,
  images: (own) => [own.image],
  ports: (own) => [
    {
      ...{ title: "Toy messages", port: own.port, key: "toyMessages.port", from: ["storage"] },
      ...{ output: "TOY_MESSAGES_URL", scheme: "toy", metrics: "/metrics" },
    },
  ],
  keeps: (own) => ({ kind: "persistent", paths: [own.dataDirectory], backup: "files" }),
  passwords: () => ["agent"],
  secrets: () => ({ accounts: ({ passwords }) => `agent ${passwords.agent ?? ""}` }),
  quadlet: (own) => ({
    ...{ name: "toy-messages", description: "Toy messages", image: own.image },
    container: { mounts: [{ source: own.dataDirectory, target: "/data" }] },
    health: { tcp: `127.0.0.1:${own.port}` },
  }),
});
const vectors = service({
  title: "Toy vectors",
  purpose: "an index that can be built again",
  key: "compute.toyVectors",
  on: ["compute"],
  settings: strict({
    enabled: flag.default(false),
    image: image.default("docker.io/toys/vectors:4.5.6"),
    ...pod({ port: 6444, cpu: "250m", memory: "1Gi" }),
  }),
  enabled: ({ enabled }, within: ComputeGroup) => within.enabled && enabled,
  images: (own) => [own.image],
  ports: (own) => podPort("Toy vectors", "toyVectors", own, "TOY_VECTORS_URL"),
  keeps: () => ({ kind: "ephemeral", paths: [], reason: "built again by one command" }),
  pod: ({ image: from, port: at, cpu, memory }) => ({
    name: "toy-vectors",
    pods: [
      {
        name: "toy-vectors",
        programs: [{ name: "toy-vectors", image: from, requests: { cpu, memory }, port: at, onNode: true }],
      },
    ],
  }),
});
const withToys = { ...pods, toyVectors: vectors };
const services: Services = {
  ...inHouse,
  compute: computeWith(withToys),
  toyMessages: messages,
  toyVectors: vectors,
};

const on = { enabled: true };
const around = { home: "/nowhere", exists: () => false };
function load<N extends NodeName>(node: N, keys: Record<string, object> = {}, all?: Services) {
  const raw = Object.entries(keys).map(([key, value]) => [`homelab:${key}`, JSON.stringify(value)]);
  return loadSettings(node, Object.fromEntries(raw) as Record<string, string>, around, all);
}
const desktop = load("desktop", { toyMessages: on }, services);
const compute = load("compute", { k3s: on, compute: { ...on, toyVectors: on } }, services);

describe("two services that are added to the house are, by a file and a line each,", () => {
  it("in the schema of their stack, with their defaults, and in no other's", () => {
    expect(desktop).toMatchObject({ toyMessages: { enabled: true, port: 4333, limit: 10 } });
    expect(compute).toMatchObject({ compute: { toyVectors: { port: 6444 } } });
    expect(() => load("storage", { toyMessages: on }, services)).toThrow(/is not a known key/);
    expect(() => load("desktop", { toyMessages: on })).toThrow(/is not a known key/);
    expect(() => load("compute", { compute: { toyVectors: { ports: 1 } } }, services)).toThrow(
      /homelab:compute\.toyVectors\.ports is not a known key/,
    );
  });

  it("held to what their own file says of their settings", () => {
    const checked = (toyMessages: object) =>
      refusals(() => {
        checkSettings(load("desktop", { toyMessages }, services), "desktop", house, services);
      });
    expect(checked({ ...on, limit: 100 })).toEqual([]);
    expect(checked({ ...on, limit: 101 })).toEqual([
      "homelab:toyMessages.limit is 101: it must be at most 100.",
    ]);
  });

  it("in the check for ports that are taken twice", () => {
    const taken = load("desktop", { toyMessages: on, nats: { ...on, port: 4333 } }, services);
    expect(
      refusals(() => {
        checkSettings(taken, "desktop", house, services);
      }),
    ).toEqual([
      "homelab:toyMessages.port is 4333: homelab:nats.port has this port already; each needs its own.",
    ]);
    const pod = load("compute", { k3s: on, compute: { ...on, toyVectors: { ...on, port: 3300 } } }, services);
    expect(
      refusals(() => {
        checkSettings(pod, "compute", house, services);
      }),
    ).toEqual([
      "homelab:compute.toyVectors.port is 3300: homelab:compute.dagster.port has this port already; each needs its own.",
    ]);
  });

  it("in the firewall, open to whom they declare", () => {
    const guarded = (name: "desktop" | "compute", settings: typeof desktop | typeof compute) =>
      firewallPorts({ node: { ...house.nodes[name], name }, topology: house, settings }, services);
    expect(guarded("desktop", desktop)).toContainEqual({
      ...{ name: "Toy messages", port: 4333, protocol: "tcp", servedBy: "program" },
      from: [house.nodes.storage.address],
    });
    expect(guarded("compute", compute)).toContainEqual(
      expect.objectContaining({ name: "Toy vectors", port: 6444, servedBy: "pod" }),
    );
  });

  it("in the list of images that `homelab pin` looks up", () => {
    expect(productionImages(services)).toEqual(
      expect.arrayContaining(["docker.io/toys/messages:1.2.3", "docker.io/toys/vectors:4.5.6"]),
    );
  });

  it("in the stack's outputs", () => {
    expect(urlsOf(house.nodes.desktop, portsOf("desktop", desktop, services))).toEqual({
      TOY_MESSAGES_URL: `toy://${house.nodes.desktop.address}:4333`,
    });
    expect(urlsOf(house.nodes.compute, portsOf("compute", compute, services))).toMatchObject({
      TOY_VECTORS_URL: `http://${house.nodes.compute.address}:6444`,
    });
  });

  it("in the list of what Prometheus scrapes", () => {
    const scraped = scrapedOn("desktop", desktop, services);
    expect(scraped).toEqual([{ title: "Toy messages", port: 4333, path: "/metrics" }]);
    expect(scraped.map(({ title }) => jobName(title))).toEqual([expect.stringMatching(/^[a-z_-]+$/)]);
  });

  it("in the backups, as far as they keep files; where nothing could back them up, that is refused", () => {
    expect(keptFiles("desktop", desktop, services)).toEqual(["/srv/homelab/toy-messages"]);
    expect(keptFiles("compute", compute, services)).toEqual([]);
    const moved: Services = {
      ...services,
      toyMessages: { ...services.toyMessages, on: ["storage"] } as never,
    };
    expect(
      refusals(() => {
        checkSettings(load("storage", { toyMessages: on }, moved), "storage", house, moved);
      }),
    ).toEqual([
      "homelab:backup.files is false: it must be true, because a service keeps data in /srv/homelab/toy-messages, which is backed up with the files.",
    ]);
  });

  it("refused where they keep data and the node may vanish", () => {
    const nodes = { ...house.nodes, desktop: { ...house.nodes.desktop, lifecycle: "on-demand" as const } };
    expect(
      refusals(() => {
        checkSettings(desktop, "desktop", { ...house, nodes }, services);
      }),
    ).toEqual([
      "homelab:toyMessages is switched on: it must be off, because Toy messages keeps data and desktop is on-demand in the topology.",
    ]);
  });

  it("given podman secrets of their own names", () => {
    const names = secretNames("desktop", load("desktop", { toyMessages: on, nats: on }, services), services);
    expect(names).toEqual(
      expect.arrayContaining([secretName("toyMessages", "agent"), secretName("nats", "agent")]),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it("run: the one as a quadlet, the other as pods", () => {
    const found = quadletsOn({ node: house.nodes.desktop, topology: house }, desktop, services);
    expect(found.map(({ name }) => name)).toEqual(["toyMessages"]);
    const context = { node: house.nodes.compute, namespace: "x", modelCache: "/srv/m", pinned: String };
    const running = podsOn(compute.compute, context, withToys);
    expect(running.map(({ run }) => run.name)).toContain("toy-vectors");
  });

  it("in the tables of docs/services.md", () => {
    const page = servicesPage(services);
    expect(page).toContain(
      "| Toy messages | `homelab:toyMessages` | a queue that keeps what it is given | `/srv/homelab/toy-messages`; backed up: with the node's files |",
    );
    expect(page).toContain(
      "| Toy vectors | 6444 | `homelab:compute.toyVectors.port` | the nodes | `TOY_VECTORS_URL` |",
    );
  });

  it("in none of these while they are off", () => {
    const off = load("desktop", {}, services);
    expect(portsOf("desktop", off, services)).toEqual([]);
    expect(keptFiles("desktop", off, services)).toEqual([]);
    expect(secretNames("desktop", off, services)).toEqual([]);
    expect(scrapedOn("desktop", off, services)).toEqual([]);
  });
});
