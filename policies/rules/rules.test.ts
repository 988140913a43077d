import { describe, expect, it } from "vitest";
import { anywhere, noFacts, unknown } from "../engine/facts";
import type { Container, Facts, Volume, VolumeSource, Workload } from "../engine/facts";
import { judge } from "../engine/judge";
import type { Judgement } from "../engine/verdicts";
import { fixtureTopology } from "../fixtures";

const origin = { file: "f", resource: "Pod p" };
const host = (name: string): Workload["placement"] => ({ kind: "host", host: name });

function judged(facts: Partial<Facts>, node?: string): Judgement {
  return judge({ ...noFacts(), ...facts }, fixtureTopology, node === undefined ? {} : { node });
}

function volume(source: VolumeSource, mounts: Volume["mounts"], more: Partial<Volume> = {}): Volume {
  return { name: "data", source, mounts, mountsKnown: true, ...more };
}

const mount = (target: string, readOnly = false, container = "c"): Volume["mounts"][number] => ({
  container,
  target,
  readOnly,
});

function pod(more: Partial<Workload>): Workload {
  return { origin, engine: "kubernetes", placement: anywhere, volumes: [], containers: [], ...more };
}

function container(image: Container["image"], more: Partial<Container> = {}): Container {
  return { name: "c", image, role: "main", env: {}, envFrom: [], ...more };
}

const rulesOf = ({ violations }: Judgement): string[] => violations.map(({ rule }) => rule);

describe("claims, when everything is moved to a node", () => {
  const spec = { class: { kind: "unnamed" } } as const;
  const claims = ["used", "alone"].map((name) => ({
    origin: { file: "f", resource: `PersistentVolumeClaim ${name}` },
    name,
    spec,
  }));
  const user = pod({ volumes: [volume({ kind: "claim", claim: "used" }, [mount("/x")])] });

  it("are judged alone where they are moved to an on-demand one, and only then", () => {
    const resources = (node?: string): string[] =>
      judged({ claims }, node).violations.map(({ resource }) => resource);
    expect(resources("compute")).toEqual(["PersistentVolumeClaim used", "PersistentVolumeClaim alone"]);
    expect(resources("nowhere")).toHaveLength(2);
    expect(resources("storage")).toEqual([]);
    expect(resources()).toEqual([]);
  });

  it("whose users all say why losing them costs nothing are exempt with them", () => {
    const ephemeral = { reason: "a cache" };
    const others = [
      pod({ volumes: [volume({ kind: "anonymous" }, [mount("/y")])] }),
      pod({ volumes: [volume({ kind: "claim", claim: unknown("an output") }, [mount("/y")])], ephemeral }),
    ];
    const of = (...workloads: Workload[]): string[] =>
      judged({ claims, workloads }, "compute").violations.map(({ resource }) => resource);
    expect(of({ ...user, ephemeral })).toEqual(["PersistentVolumeClaim alone"]);
    expect(of({ ...user, ephemeral }, ...others)).toEqual(["PersistentVolumeClaim alone"]);
    expect(of({ ...user, ephemeral }, user)).toContain("Pod p");
  });
});

describe("what a declaration covers", () => {
  const hostPath: VolumeSource = { kind: "hostPath", path: "/srv/x" };
  const sources: [string, Partial<Workload>, readonly string[]][] = [
    ["a hostPath", { volumes: [volume(hostPath, [mount("/x")])] }, ["data", "/x"]],
    ["a claim", { volumes: [volume({ kind: "claim", claim: "pvc" }, [mount("/x")])] }, ["data", "/x", "pvc"]],
    [
      "an engine's volume",
      { engine: "containers", volumes: [volume({ kind: "anonymous" }, [mount("/x")])] },
      ["data", "/x"],
    ],
    ["a database", { containers: [container("postgres:18")] }, ["c"]],
    ["books", { containers: [container("grafana/grafana")] }, ["c"]],
  ];

  it.each(sources.flatMap(([what, workload, names]) => names.map((name) => [what, name, workload] as const)))(
    "%s by %s",
    (_, name, workload) => {
      const covered = judged({
        workloads: [pod({ ...workload, ephemeral: { reason: " why ", volumes: ["z", name] } })],
      });
      expect(covered.violations).toEqual([]);
      expect(covered.exemptions.map(({ reason }) => reason)).toEqual(["why"]);
      const other = judged({
        workloads: [pod({ ...workload, ephemeral: { reason: "why", volumes: ["z"] } })],
      });
      expect(other.exemptions).toEqual([]);
      expect(other.violations[0]?.detail).toContain("declared ephemeral for z only");
    },
  );

  it("all of a workload where it names no volumes, nothing without a reason", () => {
    const workload = pod({ volumes: [volume(hostPath, [mount("/x")])] });
    expect(judged({ workloads: [workload] }).violations[0]?.detail).toMatch(/compute\.$/);
    expect(judged({ workloads: [{ ...workload, ephemeral: { reason: "why" } }] }).violations).toEqual([]);
    const blank = judged({ workloads: [{ ...workload, ephemeral: { reason: " " } }] });
    expect(blank.violations[0]?.detail).toContain("but without a reason");
  });

  it("an operator's storage by its field or its claim", () => {
    const storage = (name: string): Judgement =>
      judged({
        operatorStorage: [
          {
            origin,
            by: "operator",
            placement: anywhere,
            field: "spec.storage",
            storage: { kind: "claim", claim: "pvc" },
            ephemeral: { reason: "why", volumes: [name] },
          },
        ],
      });
    expect(storage("spec.storage").violations).toEqual([]);
    expect(storage("pvc").violations).toEqual([]);
    expect(storage("other").exemptions).toEqual([]);
  });

  it.each(["data", "pvc", "/x"])("a claim on its own, where its only user declares it by %s", (name) => {
    const claims: Facts["claims"] = [
      {
        origin: { file: "c", resource: "PersistentVolumeClaim pvc" },
        name: "pvc",
        spec: { class: { kind: "unnamed" } },
      },
    ];
    const user = (volumes: string[], resource = "Pod p"): Workload =>
      pod({
        origin: { file: "f", resource },
        volumes: [volume({ kind: "claim", claim: "pvc" }, [mount("/x")])],
        ephemeral: { reason: "why", volumes },
      });
    const byFile = (workloads: Workload[]): string[] =>
      judged({ claims, workloads }, "compute").violations.map(({ file }) => file);
    expect(byFile([user([name])])).toEqual([]);
    expect(byFile([user([name]), user(["z"], "Pod q")])).toEqual(["f", "c"]);
    expect(byFile([])).toEqual(["c"]);
    expect(rulesOf(judged({ claims }))).toEqual([]);
    expect(rulesOf(judged({ claims }, "storage"))).toEqual([]);
  });

  it.each(["data", "data.volume", "/x"])("a volume unit, where its only user declares it by %s", (name) => {
    const namedVolumes: Facts["namedVolumes"] = [
      {
        origin: { file: "v", resource: "unit data.volume" },
        names: ["data.volume"],
        driver: "local",
        options: {},
        external: false,
        makesItself: true,
        placement: anywhere,
      },
    ];
    const user = (volumes: string[]): Workload =>
      pod({
        engine: "containers",
        volumes: [volume({ kind: "named", name: "data.volume" }, [mount("/x")])],
        ephemeral: { reason: "why", volumes },
      });
    const byFile = (workloads: Workload[]): string[] =>
      judged({ namedVolumes, workloads }).violations.map(({ file }) => file);
    expect(byFile([user([name])])).toEqual([]);
    expect(byFile([user([name]), user(["z"])])).toEqual(["f", "v"]);
    expect(judged({ namedVolumes }, "storage").violations).toEqual([]);
  });
});

describe("what cannot be known", () => {
  it.each<[string, Partial<Workload>, string]>([
    [
      "a hostPath",
      { volumes: [volume({ kind: "hostPath", path: unknown("it is an output") }, [mount("/x")])] },
      "writable-host-path",
    ],
    ["a pod's volume", { volumes: [volume(unknown("it is an output"), [])] }, "writable-host-path"],
    [
      "a bind",
      {
        engine: "containers",
        volumes: [volume({ kind: "bind", path: unknown("it is an output") }, [mount("/x")])],
      },
      "engine-volume",
    ],
    [
      "an engine's volume",
      { engine: "containers", volumes: [volume(unknown("it is an output"), [mount("/x")])] },
      "engine-volume",
    ],
    [
      "a claim",
      { volumes: [volume({ kind: "claim", claim: unknown("it is an output") }, [])] },
      "node-local-claim",
    ],
    ["an image", { containers: [container(unknown("it is an output"))] }, "database-without-volume"],
  ])("%s is a violation that says why", (_, workload, rule) => {
    const { violations } = judged({ workloads: [pod(workload)] });
    expect(violations.map((violation) => violation.rule)).toEqual([rule]);
    expect(violations[0]?.detail).toContain("it is an output");
    expect(judged({ workloads: [pod({ ...workload, placement: host("storage") })] }).violations).toEqual([]);
  });

  it("an image of an init container is none: it does not stay", () => {
    expect(
      judged({ workloads: [pod({ containers: [container(unknown("?"), { role: "init" })] })] }).violations,
    ).toEqual([]);
  });

  it("an operator's directory and storage", () => {
    const of = (storage: Facts["operatorStorage"][number]["storage"]): Judgement =>
      judged({ operatorStorage: [{ origin, by: "helm", placement: anywhere, field: "x", storage }] });
    expect(of({ kind: "hostPath", path: unknown("it is an output") }).violations[0]?.detail).toContain(
      "it is an output",
    );
    expect(of(unknown("values are a secret")).violations[0]?.detail).toContain("values are a secret");
    expect(of({ kind: "hostPath", path: "/dev/dri" }).violations).toEqual([]);
    expect(of({ kind: "hostPath", path: "/srv" }).violations[0]?.detail).toContain(
      "the node's directory /srv",
    );
  });
});

describe("who writes to a volume", () => {
  const hostPath: VolumeSource = { kind: "hostPath", path: "/srv/x" };

  it.each<[string, Volume["mounts"], boolean, boolean]>([
    ["nobody", [], true, false],
    ["a reader", [mount("/x", true)], true, false],
    ["a reader and a writer", [mount("/x", true), mount("/x", false, "d")], true, true],
    ["whoever it is that is not seen", [], false, true],
    ["a reader, and whoever is not seen", [mount("/x", true)], false, true],
  ])("%s", (_, mounts, mountsKnown, found) => {
    const kubernetes = judged({ workloads: [pod({ volumes: [volume(hostPath, mounts, { mountsKnown })] })] });
    expect(rulesOf(kubernetes)).toEqual(found ? ["writable-host-path"] : []);
    const bind = volume({ kind: "bind", path: "/srv/x" }, mounts, { mountsKnown });
    const engine = judged({ workloads: [pod({ engine: "containers", volumes: [bind] })] });
    expect(rulesOf(engine)).toEqual(found ? ["engine-volume"] : []);
  });

  it("is named, each writer once", () => {
    const mounts = [mount("/a"), mount("/b"), mount("/c", false, "d"), mount("/e", true, "e")];
    const { violations } = judged({ workloads: [pod({ volumes: [volume(hostPath, mounts)] })] });
    expect(violations[0]?.detail).toContain("writable by c and d, on");
  });

  it("is reported in the file that states the volume", () => {
    const stated = volume(hostPath, [mount("/x")], { file: "drop-in" });
    expect(judged({ workloads: [pod({ volumes: [stated] })] }).violations[0]?.file).toBe("drop-in");
  });

  it("a driver is one of the network by its name or by the list", () => {
    const of = (driver: string): string[] =>
      rulesOf(judged({ workloads: [pod({ volumes: [volume({ kind: "driver", driver }, [])] })] }));
    expect(of("nfs.csi.k8s.io")).toEqual([]);
    expect(of("nfs-client")).toEqual([]);
    expect(of("x.example.org")).toEqual(["writable-host-path"]);
  });
});

describe("what counts as a volume for a database", () => {
  const postgres = container("postgres:18");
  const given = (volumes: Volume[], more: Partial<Container> = {}): string[] =>
    rulesOf(judged({ workloads: [pod({ containers: [{ ...postgres, ...more }], volumes })] }));
  const empty: VolumeSource = { kind: "ephemeral", as: "emptyDir" };

  it.each<[string, Volume[], boolean]>([
    ["none", [], false],
    ["one at its directory", [volume(empty, [mount("/var/lib/postgresql/data")])], true],
    ["one above it", [volume(empty, [mount("/var/lib")])], true],
    ["one at the root", [volume(empty, [mount("/")])], true],
    ["one below it", [volume(empty, [mount("/var/lib/postgresql/18/docker/")])], true],
    ["a file below it", [volume(empty, [mount("/var/lib/postgresql/data/postgresql.conf")])], false],
    ["one elsewhere", [volume(empty, [mount("/tmp")])], false],
    ["one of another container", [volume(empty, [mount("/var/lib/postgresql", false, "d")])], false],
    ["one that is read-only", [volume(empty, [mount("/var/lib/postgresql", true)])], false],
    [
      "a configuration",
      [volume({ kind: "config", as: "ConfigMap x" }, [mount("/var/lib/postgresql")])],
      false,
    ],
    [
      "two mounts, one at its directory",
      [volume(empty, [mount("/tmp"), mount("/var/lib/postgresql")])],
      true,
    ],
  ])("%s", (_, volumes, enough) => {
    expect(given(volumes)).toEqual(enough ? [] : ["database-without-volume"]);
  });

  it("a root file system of its own", () => {
    const rootfs = volume({ kind: "rootfs", path: "/srv/rootfs" }, []);
    expect(given([rootfs])).toEqual([]);
  });

  it("one where it is told to keep its data", () => {
    const elsewhere = [volume(empty, [mount("/pg")])];
    expect(given(elsewhere)).toEqual(["database-without-volume"]);
    expect(given(elsewhere, { env: { PGDATA: "/pg/data" } })).toEqual([]);
  });

  it("a server that keeps data only on demand is asked for by argument, variable or configuration", () => {
    const nats = (more: Partial<Container>, facts: Partial<Facts> = {}, volumes: Volume[] = []): string[] =>
      rulesOf(judged({ workloads: [pod({ containers: [container("nats:2", more)], volumes })], ...facts }));
    const configTexts: Facts["configTexts"] = [
      { origin, kind: "ConfigMap", name: "nats", data: { "nats.conf": "jetstream {}" } },
    ];
    expect(nats({})).toEqual([]);
    expect(nats({ args: ["-m", "8222"] })).toEqual([]);
    expect(nats({ args: ["-c", "x", "-js"] })).toEqual(["database-without-volume"]);
    expect(nats({ env: { NATS_JETSTREAM: "1" } })).toEqual(["database-without-volume"]);
    expect(nats({}, { configTexts })).toEqual([]);
    expect(nats({ envFrom: ["ConfigMap nats"] }, { configTexts })).toEqual(["database-without-volume"]);
    const mounted = [volume({ kind: "config", as: "Secret other, ConfigMap nats" }, [mount("/etc/nats")])];
    expect(nats({}, { configTexts }, mounted)).toEqual(["database-without-volume"]);
  });

  it("a server that keeps none with an argument", () => {
    const prometheus = (args: string[]): string[] =>
      rulesOf(judged({ workloads: [pod({ containers: [container("prom/prometheus", { args })] })] }));
    expect(prometheus(["--config.file=/p.yml"])).toEqual(["database-without-volume"]);
    expect(prometheus(["--config.file=/p.yml", "--agent"])).toEqual([]);
  });
});

it("a metadata keeper takes variables from what it takes whole", () => {
  const configTexts: Facts["configTexts"] = [
    { origin, kind: "Secret", name: "db", data: { GF_DATABASE_URL: "postgres://u@db/grafana" } },
  ];
  const workloads = [pod({ containers: [container("grafana/grafana", { envFrom: ["Secret db"] })] })];
  expect(rulesOf(judged({ workloads }))).toEqual(["embedded-metadata-db"]);
  expect(rulesOf(judged({ workloads, configTexts }))).toEqual([]);
});

describe("what is set up over SSH", () => {
  const setup = (sets: Facts["remoteSetups"][number]["sets"], node: string, reason?: string): Judgement =>
    judged({
      remoteSetups: [
        {
          origin: { file: "urn:x", resource: "Command install", via: "ssh" },
          placement: host(node),
          sets,
          ...(reason === undefined ? {} : { ephemeral: { reason } }),
        },
      ],
    });

  it("is a violation that says what", () => {
    const { violations } = setup("it installs PostgreSQL", "compute");
    expect(violations).toMatchObject([{ rule: "remote-setup", file: "urn:x", resource: "Command install" }]);
    expect(violations[0]?.detail).toBe(
      "Command install: it installs PostgreSQL, on the on-demand node compute.",
    );
  });

  it("is one where it cannot be known", () => {
    expect(setup(unknown("the command is an output"), "192.168.1.13").violations[0]?.detail).toContain(
      "the command is an output",
    );
  });

  it("is none on an always-on node, or declared with a reason", () => {
    expect(setup("it installs PostgreSQL", "storage")).toEqual({ violations: [], exemptions: [] });
    expect(setup("it installs PostgreSQL", "compute", "a throwaway").exemptions).toHaveLength(1);
  });
});
