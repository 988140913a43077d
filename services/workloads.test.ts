import { describe, expect, it } from "vitest";
import { house } from "../power/testing";
import { checkSettings, loadSettings } from "../settings";
import type { NodeName } from "../topology";
import {
  keptFiles,
  portProblems,
  portsOf,
  quadletsOn,
  runningOn,
  urlsOf,
  type SecretSources,
  type WorkloadsSettings,
} from ".";

const around = { home: "/nowhere", exists: () => false };
const load = (workloads: object, node: NodeName = "desktop", more: object = {}) => {
  const keys = Object.entries({ workloads, ...more }).map(([key, value]) => [
    `homelab:${key}`,
    JSON.stringify(value),
  ]);
  return loadSettings(node, Object.fromEntries(keys) as Record<string, string>, around);
};
const check = (workloads: object, node: NodeName = "desktop", more: object = {}) => {
  checkSettings(load(workloads, node, more) as never, node, house);
};
const image = "registry.example.org/familiar:1.4.2";
const familiar = {
  image,
  ports: { http: { port: 8080, output: "FAMILIAR_URL", from: "operators", metrics: "/metrics" } },
  environment: {
    LOG_LEVEL: "info",
    DATABASE_URL: "${dsn.agent.agent_gateway}",
    NATS_URL: "${NATS_URL}",
    NATS_PASSWORD: "${nats.agent}",
  },
  secrets: { OPENAI_API_KEY: "sk-of-mine" },
  secretFiles: { "s3.env": "KEY=${s3.dagster.accessKey}:${s3.dagster.secretKey}@${S3_ENDPOINT}\n" },
  passwords: ["api"],
  files: { "app.yaml": { at: "/etc/familiar/app.yaml", content: "greeting: hello\n" } },
  keeps: { "/srv/homelab/familiar": "/data" },
  user: "1000:1000",
  memory: "1G",
  health: { http: "/healthz", port: "http" },
};
const given: SecretSources = {
  storage: {
    dsns: { agent: { agent_gateway: "postgresql://agent:pw@192.168.1.11:5433/agent_gateway" } },
    s3Endpoint: "http://192.168.1.11:9000",
    s3: { dagster: { accessKey: "dagster", secretKey: "s3-secret" } },
  },
  passwords: { api: "made" },
  services: { nats: { agent: "nats-secret" } },
  urls: { NATS_URL: "nats://192.168.1.12:4222" },
};
const on = { nats: { enabled: true } };

describe("a workload", () => {
  const settings = load({ familiar }, "desktop", on);
  const { desktop } = house.nodes;
  const found = quadletsOn({ node: desktop, topology: house }, settings).find(
    ({ name }) => name === "workload-familiar",
  );
  const secrets = found?.service.secrets?.(found.own) ?? {};

  it("is in every list that is derived, as a service of the house is", () => {
    expect(portsOf("desktop", settings).find(({ port }) => port === 8080)).toMatchObject({
      title: "familiar http",
      key: "workloads.familiar.ports.http.port",
      from: "operators",
      metrics: "/metrics",
    });
    expect(urlsOf(desktop, portsOf("desktop", settings)).FAMILIAR_URL).toBe(`http://${desktop.address}:8080`);
    expect(keptFiles("desktop", settings)).toContain("/srv/homelab/familiar");
    expect(
      portProblems(
        desktop,
        load({ familiar: { ...familiar, ports: { http: { port: 4222 } } } }, "desktop", on),
      ),
    ).toEqual([
      expect.stringMatching(
        /^homelab:workloads\.familiar\.ports\.http\.port is 4222: .* has this port already/,
      ),
    ]);
  });

  it("runs as a unit that no unit of the system is named like, with what its stack file says", () => {
    expect(found?.run).toMatchObject({
      name: "workload-familiar",
      image,
      container: {
        environment: { LOG_LEVEL: "info" },
        mounts: [{ source: "/srv/homelab/familiar", target: "/data" }],
        user: "1000:1000",
      },
      owner: "1000:1000",
      memory: "1G",
      health: { http: "http://127.0.0.1:8080/healthz" },
    });
  });

  it("is given what the house has by podman secrets, and by nothing else", () => {
    const text = JSON.stringify(found?.run);
    for (const one of ["sk-of-mine", "dsn.agent", "s3.dagster"]) expect(text).not.toContain(one);
    expect(Object.fromEntries(Object.entries(secrets).map(([key, of]) => [key, of(given)]))).toEqual({
      "env-database-url": "postgresql://agent:pw@192.168.1.11:5433/agent_gateway",
      "env-nats-url": "nats://192.168.1.12:4222",
      "env-nats-password": "nats-secret",
      "env-openai-api-key": "sk-of-mine",
      "file-s3-env": "KEY=dagster:s3-secret@http://192.168.1.11:9000\n",
    });
    expect(found?.run.container.secrets?.map(({ variable, target }) => variable ?? target)).toEqual(
      expect.arrayContaining(["OPENAI_API_KEY", "DATABASE_URL", "NATS_URL", "NATS_PASSWORD", "s3.env"]),
    );
  });

  it("that refers to what nobody hands out says what there is, without a secret", () => {
    const url = (text: string) => {
      const settings = load({ a: { image, environment: { URL: text } } });
      const [own] = quadletsOn({ node: desktop, topology: house }, settings);
      return own?.service.secrets?.(own.own)["env-url"]?.(given) ?? "";
    };
    expect(url("${POSTGRES_HOST}:${POSTGRES_PORT} $${HOME}")).toBe("192.168.1.11:5433 ${HOME}");
    expect(() => url("${dsn.agent.shop}")).toThrow(
      /^homelab:workloads\.a refers to \$\{dsn\.agent\.shop\}, which nothing hands out: there is dsn\.agent\.agent_gateway\.$/,
    );
    expect(() => url("${s3.nobody.secretKey}")).toThrow(/there is s3\.dagster\.secretKey\.$/);
  });

  it("that has replicas is one unit for each, which knows its number", () => {
    const settings = load({ mail: { image, replicas: 3, environment: { MODE: "x" } } });
    const units = quadletsOn({ node: desktop, topology: house }, settings);
    expect(units.map(({ run }) => [run.name, run.container.environment])).toEqual([
      ["workload-mail", { MODE: "x", REPLICA: "1" }],
      ["workload-mail-2", { MODE: "x", REPLICA: "2" }],
      ["workload-mail-3", { MODE: "x", REPLICA: "3" }],
    ]);
  });

  it("that has a schedule is run at its times, an hour at most", () => {
    const settings = load({ nightly: { image, schedule: { at: "03:30" } } });
    const [unit] = quadletsOn({ node: desktop, topology: house }, settings);
    expect(unit?.run.schedule).toEqual({ at: ["03:30"], limitSeconds: 3600 });
  });

  it("of kind external is in the lists, and nothing is installed for it", () => {
    const settings = load({
      embeddings: {
        external: true,
        ports: { grpc: { port: 50051, output: "EMBEDDINGS_URL", scheme: "grpc" } },
      },
    });
    expect(urlsOf(desktop, portsOf("desktop", settings))).toEqual({
      EMBEDDINGS_URL: `grpc://${desktop.address}:50051`,
    });
    expect(quadletsOn({ node: desktop, topology: house }, settings)).toEqual([]);
    expect(runningOn("desktop", settings).map(({ name }) => name)).toContain("workload-embeddings");
  });
});

describe("a workload is refused", () => {
  it.each<[what: string, own: object, message: RegExp]>([
    ["without an image", {}, /workloads\.a\.image is missing: it must be given, or external must be true/],
    ["with a tag that moves", { image: "docker.io/x/y:latest" }, /exact tag/],
    [
      "external with an image",
      { image, external: true, ports: { a: { port: 1 } } },
      /must not be given with external/,
    ],
    [
      "external with secrets",
      { external: true, ports: { a: { port: 1 } }, secrets: { A: "hidden" } },
      /secrets .*nothing is installed/,
    ],
    ["external without a port", { external: true }, /must name at least one port/],
    [
      "with a health check of a port it does not have",
      { image, health: { tcp: "web" } },
      /one of its ports: it has none/,
    ],
    [
      "with a password that is not made",
      { image, environment: { A: "${password.api}" } },
      /must name one of its passwords, and passwords has no api/,
    ],
    [
      "with a cache and no reason",
      { image, ephemeral: { directories: { "/srv/cache": "/c" } } },
      /why losing them costs nothing/,
    ],
    [
      "with a directory of the system",
      { image, keeps: { "/etc": "/data" } },
      /must be an absolute directory below \/srv/,
    ],
    [
      "external with replicas",
      { external: true, ports: { a: { port: 1 } }, replicas: 2 },
      /replicas .*nothing/,
    ],
    [
      "with replicas that would share a port",
      { image, replicas: 2, ports: { a: { port: 8080 } } },
      /ports .*must not be given with 2 replicas: there can be one/,
    ],
    [
      "with replicas that would share what they keep",
      { image, replicas: 2, keeps: { "/srv/a": "/a" } },
      /keeps .*must not be given with 2 replicas/,
    ],
    [
      "with replicas at a time",
      { image, replicas: 2, schedule: { at: "daily" } },
      /schedule .*must not be given with 2 replicas/,
    ],
    ["at a time that systemd does not know", { image, schedule: { at: "at noon" } }, /OnCalendar/],
    ["at no time", { image, schedule: { at: [] } }, /at least one time|OnCalendar/],
    [
      "at a time and with a port",
      { image, schedule: { at: "daily" }, ports: { a: { port: 8080 } } },
      /ports .*must not be given with a schedule: it runs only now and then/,
    ],
    [
      "with a port that the quadlet opens",
      { image, quadlet: { Container: { PublishPort: "80:80" } } },
      /a port that no service declares/,
    ],
  ])("%s", (_what, own, message) => {
    const refused = () => load({ a: own });
    expect(refused).toThrow(message);
    expect(refused).not.toThrow(/hidden/);
  });

  it.each<[what: string, own: object, message: RegExp]>([
    [
      "a form that there is not",
      { A: "${secret}" },
      /A holds \$\{secret\}: it must be one of \$\{POSTGRES_HOST\}/,
    ],
    [
      "an output of no port",
      { A: "${GRAFANA_URL}" },
      /no port of desktop has this stack output; there is S3_ENDPOINT\./,
    ],
    [
      "a user of no service",
      { A: "${nats.nobody}" },
      /no service of desktop has such a user; there is none\./,
    ],
  ])("when it refers to %s", (_what, environment, message) => {
    expect(() => {
      check({ a: { image, environment } });
    }).toThrow(message);
  });

  it("by one sentence where one thing is wrong, whatever else the node has", () => {
    const keeps = { "/srv/a": "/data" };
    expect(() => {
      check({ a: { image, keeps }, b: { image } }, "compute");
    }).toThrow(/^homelab:workloads\.a\.keeps names \/srv\/a: it must be empty[^\n]*$/);
  });

  it("when another has the name of one of its replicas", () => {
    expect(() => {
      check({ mail: { image, replicas: 2 }, "mail-2": { image } });
    }).toThrow(/^homelab:workloads\.mail-2 must have another name: the units of homelab:workloads\.mail/);
  });

  it("on compute when it keeps data, and runs there when it keeps none", () => {
    expect(() => {
      check({ a: { image, keeps: { "/srv/a": "/data" } } }, "compute");
    }).toThrow(/workloads\.a\.keeps names \/srv\/a: it must be empty, because compute is on-demand/);
    expect(() => {
      check({ a: { image, ephemeral: { directories: { "/srv/a": "/c" }, reason: "a cache" } } }, "compute");
    }).not.toThrow();
  });
});

it("settings have no workloads by default", () => {
  expect<WorkloadsSettings>(load({}).workloads).toEqual({});
});
