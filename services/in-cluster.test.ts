import { describe, expect, it } from "vitest";
import { firewallPorts } from "../nodes/firewall";
import { house } from "../power/testing";
import { checkSettings, loadSettings } from "../settings";
import { refusals } from "../settings/testing";
import type { NodeName } from "../topology";
import {
  keptFiles,
  podsInCluster,
  portProblems,
  portsOf,
  quadletsOn,
  scrapedOn,
  secretNames,
  urlsOf,
  type SecretSources,
} from ".";

const image = "registry.example.org/familiar:1.4.2";
const k3s = { enabled: true };
const load = (workloads: object, node: NodeName = "desktop", more: object = { k3s }) => {
  const keys = Object.entries({ workloads, ...more }).map(([key, value]) => [
    `homelab:${key}`,
    JSON.stringify(value),
  ]);
  const around = { home: "/nowhere", exists: () => false };
  return loadSettings(node, Object.fromEntries(keys) as Record<string, string>, around);
};
const refused = (workloads: object, node: NodeName = "desktop", more?: object) =>
  refusals(() => {
    checkSettings(load(workloads, node, more) as never, node, house);
  });
const { desktop, compute } = house.nodes;
const web = {
  ...{ image, cluster: true, memory: "1G" },
  ports: { http: { port: 8080, output: "FAMILIAR_URL", from: "operators", metrics: "/metrics" } },
  environment: { LOG_LEVEL: "info", DATABASE_URL: "${dsn.agent.agent_gateway}" },
  secretFiles: { token: "${password.api}" },
  passwords: ["api"],
};
const given: SecretSources = {
  storage: {
    dsns: { agent: { agent_gateway: "postgresql://agent:pw@192.168.1.11/agent_gateway" } },
    s3Endpoint: "http://192.168.1.11:9000",
    s3: {},
  },
  passwords: { api: "made" },
};

describe("a workload in the cluster", () => {
  const settings = load({ web });
  const [found, ...others] = podsInCluster(desktop, settings, String);

  it("is no quadlet, and has no podman secret", () => {
    expect(others).toEqual([]);
    expect(found?.name).toBe("workload-web");
    expect(quadletsOn({ node: desktop, topology: house }, settings)).toEqual([]);
    expect(secretNames("desktop", settings).filter((name) => name.includes("web"))).toEqual([]);
  });

  it("is in every list that is derived, as one that is a quadlet is; its port is served by a pod", () => {
    expect(portsOf("desktop", settings).find(({ port }) => port === 8080)).toMatchObject({
      key: "workloads.web.ports.http.port",
      servedBy: "pod",
    });
    const node = { ...desktop, name: "desktop" as const };
    expect(firewallPorts({ node, settings, topology: house })).toContainEqual(
      expect.objectContaining({ name: "web http", port: 8080, servedBy: "pod" }),
    );
    expect(urlsOf(desktop, portsOf("desktop", settings)).FAMILIAR_URL).toBe(`http://${desktop.address}:8080`);
    expect(scrapedOn("desktop", settings)).toContainEqual({
      title: "web http",
      port: 8080,
      path: "/metrics",
    });
    const kept = load({ web: { ...web, keeps: { "/srv/homelab/web": "/data" } } });
    expect(keptFiles("desktop", kept)).toContain("/srv/homelab/web");
    const twice = load({ web, other: { image, ports: { http: { port: 8080 } } } });
    expect(portProblems(desktop, twice)).toEqual([
      expect.stringMatching(/^homelab:workloads\.other\.ports\.http\.port is 8080: .* has this port already/),
    ]);
  });

  it("is given secrets as variables and files, and none of them in its pods' text", () => {
    const values = (of: Readonly<Record<string, (from: SecretSources) => string>> = {}) =>
      Object.fromEntries(Object.entries(of).map(([key, one]) => [key, one(given)]));
    expect(values(found?.service.secrets?.(found.own))).toEqual({
      DATABASE_URL: "postgresql://agent:pw@192.168.1.11/agent_gateway",
    });
    expect(values(found?.service.credentials?.(found.own))).toEqual({ token: "made" });
    expect(JSON.stringify(found?.run)).not.toMatch(/dsn\.agent|password\.api/);
  });

  it("that has replicas is one Deployment, whose port is the cluster's and no port of the node", () => {
    const several = load({ web: { ...web, replicas: 3, ports: { http: { port: 8080 } } } });
    const [one, ...more] = podsInCluster(desktop, several, String);
    expect(more).toEqual([]);
    expect(one?.run.pods[0]).toMatchObject({
      replicas: 3,
      programs: [{ podName: "REPLICA", onNode: false }],
    });
    expect(one?.run.inside).toEqual([{ name: "workload-web", ports: [{ name: "http", port: 8080 }] }]);
    expect(portsOf("desktop", several).filter(({ port }) => port === 8080)).toEqual([]);
  });

  it("may have the name of a unit that a quadlet's replica would have", () => {
    expect(refused({ mail: { image, cluster: true, replicas: 2 }, "mail-2": { image } })).toEqual([]);
  });

  it("runs on compute, too, and on storage", () => {
    expect(refused({ web }, "compute")).toEqual([]);
    expect(refused({ web: { image, cluster: true } }, "storage")).toEqual([]);
    expect(podsInCluster(compute, load({ web }, "compute"), String)).toHaveLength(1);
  });
});

describe("a workload in the cluster is refused", () => {
  it("where the node is no member of it, by one sentence", () => {
    expect(refused({ web: { image, cluster: true } }, "desktop", {})).toEqual([
      "homelab:workloads.web.cluster is true: homelab:k3s.enabled must be true for it, for desktop is no member of the cluster without.",
    ]);
    expect(refused({ web: { image, cluster: true, enabled: false } }, "desktop", {})).toEqual([]);
  });

  it("on compute when it keeps data, by one sentence", () => {
    expect(refused({ web: { image, cluster: true, keeps: { "/srv/web": "/data" } } }, "compute")).toEqual([
      expect.stringMatching(
        /^homelab:workloads\.web\.keeps names \/srv\/web: it must be empty, because compute is on-demand/,
      ),
    ]);
  });

  it.each<[what: string, own: object, message: RegExp]>([
    ["external", { external: true, cluster: true, ports: { a: { port: 1 } } }, /cluster .*nothing is inst/],
    [
      "with keys of a quadlet",
      { image, cluster: true, quadlet: { Service: { Nice: 5 } } },
      /quadlet .*must not be given with cluster: a pod has no quadlet; its further keys are `pod`/,
    ],
    [
      "with keys of a pod where it is a quadlet",
      { image, pod: { spec: { priorityClassName: "low" } } },
      /pod .*must not be given without cluster: a quadlet has no pod; its further keys are `quadlet`/,
    ],
    [
      "with a key of its pod that breaks a promise",
      { image, cluster: true, pod: { spec: { hostNetwork: true } } },
      /pod\.spec\.hostNetwork is true: it may not be set: it has no way to its node's network/,
    ],
    [
      "with several times",
      { image, cluster: true, schedule: { at: ["03:00", "04:00"] } },
      /schedule\.at .*must be one time with cluster: a CronJob has one schedule/,
    ],
    [
      "at a time that cron does not have",
      { image, cluster: true, schedule: { at: "*-*~1 03:00" } },
      /schedule\.at .*with cluster: it counts days from a month's end \(~\), which cron cannot/,
    ],
    [
      "at a time of which cron takes either day",
      { image, cluster: true, schedule: { at: "Mon *-*-1..7 04:00" } },
      /it names days of the week and of the month, and cron takes either/,
    ],
    [
      "with replicas and an output for a port that is none of the node's",
      { image, cluster: true, replicas: 2, ports: { a: { port: 8080, output: "A_URL" } } },
      /ports\.a\.output .*must not be given with replicas in the cluster/,
    ],
    [
      "with replicas and clients of such a port",
      { image, cluster: true, replicas: 2, ports: { a: { port: 8080, from: "anyone" } } },
      /ports\.a\.from .*must not be given with replicas in the cluster/,
    ],
    [
      "with replicas and measurements of such a port",
      { image, cluster: true, replicas: 2, ports: { a: { port: 8080, metrics: "/metrics" } } },
      /ports\.a\.metrics .*must not be given with replicas in the cluster/,
    ],
    [
      "with replicas that would share what they keep",
      { image, cluster: true, replicas: 2, keeps: { "/srv/a": "/a" } },
      /keeps .*must not be given with 2 replicas/,
    ],
  ])("%s", (_what, own, message) => {
    const sentences = refused({ a: own });
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(message);
  });

  it("with a name that Kubernetes does not have", () => {
    expect(refused({ "a-": { image, cluster: true } })).toEqual([
      'homelab:workloads.a-: the name "a-" must not end with a dash in the cluster: Kubernetes has no such names.',
    ]);
    expect(refused({ a: { image, cluster: true, ports: { "http-": { port: 8080 } } } })).toEqual([
      expect.stringMatching(/^homelab:workloads\.a\.ports\.http-: the name "http-" must not end with a dash/),
    ]);
  });

  it("when a Secret of another has its name", () => {
    const own = { image, cluster: true };
    expect(refused({ a: own, "a-credentials": own })).toEqual([
      "homelab:workloads.a-credentials must have another name: a Secret of homelab:workloads.a is named so in the cluster.",
    ]);
  });

  it("with further keys that would take the place of its own", () => {
    const pod = { container: { env: [{ name: "LOG_LEVEL", value: "debug" }] } };
    expect(refused({ web: { ...web, pod } })).toEqual([
      'homelab:workloads.web.pod.container.env.0.name is "LOG_LEVEL": it must be another one, because the service has its own.',
    ]);
    const volumes = [{ name: "secret-files", emptyDir: {} }];
    expect(refused({ web: { ...web, pod: { spec: { volumes } } } })).toEqual([
      expect.stringMatching(/pod\.spec\.volumes\.0\.name is "secret-files"/),
    ]);
  });
});
