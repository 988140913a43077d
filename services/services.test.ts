import { describe, expect, it } from "vitest";
import { loadSettings } from "../settings";
import { house } from "../power/testing";
import { nodeNames, type NodeName } from "../topology";
import { isCurrent } from "./docs";
import {
  clientsOf,
  keptFiles,
  portProblems,
  portsOf,
  productionImages,
  quadletsOn,
  runningOn,
  secretName,
  services,
  urlsOf,
  type SecretSources,
} from ".";

const around = { home: "/nowhere", exists: () => false };
const load = (node: NodeName, keys: Record<string, object> = {}) =>
  loadSettings(
    node,
    Object.fromEntries(Object.entries(keys).map(([key, value]) => [`homelab:${key}`, JSON.stringify(value)])),
    around,
  );
const on = { enabled: true };
const url = "https://192.0.2.11:8444";
const mesh = { ...on, coordination: "headscale", url };
const everything: Record<NodeName, Record<string, object>> = {
  storage: {
    mesh,
    headscale: { ...on, url },
    backup: { files: true },
    k3s: { ...on, openPorts: [8443] },
    power: on,
  },
  desktop: { mesh, backup: { keepsOffNode: true }, k3s: on, replica: on, nats: on },
  compute: {
    mesh,
    backup: { paths: ["/home"] },
    k3s: on,
    power: on,
    compute: { ...on, gpu: on, qdrant: on },
  },
};

describe("the services of the house", () => {
  it.each(nodeNames)("on %s have a key each, and only one has it", (node) => {
    const keys = Object.values(services)
      .filter((one) => (one.on as readonly NodeName[]).includes(node))
      .map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("have images with an exact tag, each of which `homelab pin` looks up", () => {
    for (const node of nodeNames) {
      for (const { service, settings } of runningOn(node, load(node, everything[node]))) {
        for (const image of service.images?.(settings) ?? []) expect(productionImages()).toContain(image);
      }
    }
  });

  it.each(nodeNames)(
    "all switched on, take no port of %s twice, and tell of each under another name",
    (node) => {
      const settings = load(node, everything[node]);
      expect(portProblems(house.nodes[node], settings)).toEqual([]);
      const outputs = portsOf(node, settings).flatMap(({ output }) => output ?? []);
      expect(new Set(outputs).size).toBe(outputs.length);
    },
  );

  it("that run as pods have no password and no key in their environment", () => {
    const url = (database: string) => `postgresql://system:PASS%2Fw%3Ar%5Cd@[fd00::11]:5432/${database}`;
    const storage = {
      dsns: { system: { dagster: url("dagster"), mlflow: url("mlflow") } },
      s3Endpoint: "http://10.0.0.1:9000",
      s3: {
        dagster: { accessKey: "ID-OF-dagster", secretKey: "KEY-OF-dagster" },
        mlflow: { accessKey: "ID-OF-mlflow", secretKey: "KEY-OF-mlflow" },
      },
    };
    const pods = runningOn("compute", load("compute", everything.compute)).filter(
      ({ service }) => service.pod !== undefined,
    );
    expect(pods.length).toBeGreaterThan(2);
    const given = { storage, passwords: {} };
    const valuesOf = (made: Readonly<Record<string, (from: SecretSources) => string>> = {}) =>
      Object.values(made).map((of) => of(given));
    for (const { service, settings } of pods) {
      expect(valuesOf(service.secrets?.(settings)).join("\n"), service.title).not.toMatch(/PASS|-OF-/);
    }
    // They are there, in files.
    for (const name of ["dagster", "mlflow"] as const) {
      const own = pods.find((one) => one.name === name);
      const [pgpass, aws] = valuesOf(own?.service.credentials?.(own.settings));
      expect(pgpass).toBe(String.raw`fd00\:\:11:5432:${name}:system:PASS/w\:r\\d` + "\n");
      expect(aws).toBe(
        `[default]\naws_access_key_id = ID-OF-${name}\naws_secret_access_key = KEY-OF-${name}\n`,
      );
    }
  });

  it("have podman secrets of different names", () => {
    const names = nodeNames.flatMap((node) =>
      runningOn(node, load(node, everything[node])).flatMap(({ name, service, settings }) =>
        [...(service.passwords?.(settings) ?? []), ...Object.keys(service.secrets?.(settings) ?? {})].map(
          (key) => secretName(name, key),
        ),
      ),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it("keep nothing that must last on an on-demand node", () => {
    for (const { service, settings, within } of runningOn("compute", load("compute", everything.compute))) {
      expect(service.keeps(settings, within).kind).not.toBe("persistent");
    }
  });
});

describe("a service that is switched on", () => {
  const settings = load("desktop", { nats: { enabled: true, port: 4333 } });
  const { desktop } = house.nodes;

  it("is in every list that is derived", () => {
    const port = portsOf("desktop", settings).find(({ title }) => title === "NATS");
    expect(port).toMatchObject({ port: 4333, key: "nats.port" });
    expect(port === undefined ? undefined : clientsOf(port, house)).toEqual(
      Object.values(house.nodes).map(({ address }) => address),
    );
    expect(urlsOf(desktop, portsOf("desktop", settings))).toEqual({
      NATS_URL: `nats://${desktop.address}:4333`,
    });
    expect(keptFiles("desktop", settings)).toEqual(["/srv/homelab/nats-backup"]);
    expect(quadletsOn({ node: desktop, topology: house }, settings).map(({ name }) => name)).toEqual([
      "nats",
    ]);
    expect(portProblems(desktop, load("desktop", { nats: { ...on, port: 22 } }))).toEqual([
      "homelab:nats.port is 22: nodes.desktop.ssh.port has this port already; each needs its own.",
    ]);
  });

  it("is in none while it is off", () => {
    const off = load("desktop");
    expect(portsOf("desktop", off)).toEqual([]);
    expect(keptFiles("desktop", off)).toEqual([]);
    expect(quadletsOn({ node: desktop, topology: house }, off)).toEqual([]);
  });

  it("takes further keys of its quadlet, but none that would break a promise", () => {
    const more = (quadlet: object) => load("desktop", { nats: { ...on, quadlet } });
    expect(() => more({ Container: { AddCapability: ["NET_ADMIN"] }, Service: { Nice: 5 } })).not.toThrow();
    expect(() => more({ Container: { PublishPort: "80:80" } })).toThrow(
      /homelab:nats\.quadlet\.Container.*PublishPort.*a port that no service declares/s,
    );
    expect(() => more({ Kube: {} })).toThrow(/is no section/);
  });
});

it("docs/services.md says what the services say", async () => {
  expect(await isCurrent()).toBe(true);
});
