import { describe, expect, it } from "vitest";
import { house } from "../power/testing";
import { loadSettings } from "../settings";
import { podsInCluster, quadletsOn, runningOn, secretNames, serviceProblems } from ".";

const around = { home: "/nowhere", exists: () => false };
const inference = {
  ...{ enabled: true, accounts: { one: { tokensPerMinute: 1000 } } },
  models: { chat: [{ account: "one", model: "big" }] },
};
const pool = {
  image: "registry.example.org/agent:1.2.0",
  replicas: 3,
  models: ["chat"],
  environment: { MOOD: "calm" },
};
const load = (pools: object, more: Record<string, object> = { nats: { enabled: true }, inference }) =>
  loadSettings(
    "desktop",
    Object.fromEntries(
      Object.entries({ agents: { pools }, ...more }).map(([key, value]) => [
        `homelab:${key}`,
        JSON.stringify(value),
      ]),
    ),
    around,
  );
const { desktop } = house.nodes;

describe("a pool of agents", () => {
  const settings = load({ mail: pool, code: { ...pool, replicas: 1, turns: 1, models: [] } });
  const quadlets = quadletsOn({ node: desktop, topology: house }, settings);

  it("is a quadlet for each agent, after NATS and the gateway whose passwords it is told", () => {
    const names = quadlets.map(({ name }) => name);
    expect(names.slice(-4)).toEqual(["agent-mail-1", "agent-mail-2", "agent-mail-3", "agent-code-1"]);
    expect(names.slice(0, 4)).toEqual(["nats", "inference-store", "inference", "inference-door"]);
  });

  it("has what opens queue and gateway in files, and no key where it names no model", () => {
    expect(secretNames("desktop", settings).filter((name) => name.startsWith("homelab-agent-"))).toEqual([
      ...[1, 2, 3].flatMap((i) => [`homelab-agent-mail-${i}-nats`, `homelab-agent-mail-${i}-inference`]),
      "homelab-agent-code-1-nats",
    ]);
    const run = quadlets.find(({ name }) => name === "agent-mail-2")?.run;
    expect(run?.container.environment).toMatchObject({
      ...{ AGENT_NAME: "agent-mail-2", AGENT_POOL: "mail", AGENT_MODEL: "chat", MOOD: "calm" },
    });
    const service = runningOn("desktop", settings).find(({ name }) => name === "agent-mail-2")?.service;
    const text = service?.secrets?.(undefined).nats?.({
      ...{ storage: { dsns: {}, s3Endpoint: "", s3: {} }, passwords: {} },
      services: { nats: { "agents-mail": "open sesame" } },
      urls: { NATS_URL: "nats://192.168.1.11:4222" },
    });
    expect(JSON.parse(text ?? "")).toEqual({
      ...{ url: "nats://192.168.1.11:4222", user: "agents-mail", password: "open sesame" },
    });
  });

  it("begins at its times and ends by itself where it has a schedule", () => {
    const agent = (more: object) =>
      quadletsOn({ node: desktop, topology: house }, load({ mail: { ...pool, ...more } })).find(
        ({ name }) => name === "agent-mail-1",
      )?.run;
    const run = agent({ schedule: { at: "Mon..Fri 20:00", limitSeconds: 7200 } });
    expect(run?.schedule).toEqual({ at: ["Mon..Fri 20:00"], limitSeconds: 7200 });
    expect(run?.container.environment).toMatchObject({ AGENT_IDLE_SECONDS: "30" });
    expect(agent({})).not.toHaveProperty("schedule");
    expect(agent({})?.container.environment).not.toHaveProperty("AGENT_IDLE_SECONDS");
  });

  it("is a user of NATS with the least rights, beside those that are declared, and a client of the gateway", () => {
    expect(Object.keys(settings.nats.users)).toEqual([
      ...["agent", "agents-mail", "agents-code", "agents-tasks", "agents-queue"],
    ]);
    expect(settings.nats.users["agents-mail"]).toEqual({
      publish: [
        "$JS.API.CONSUMER.INFO.AGENTS.mail",
        "$JS.API.CONSUMER.MSG.NEXT.AGENTS.mail",
        "$JS.ACK.AGENTS.mail.>",
        ...["agents.done.mail.>", "agents.failed.mail.>", "agents.alive.mail.>"],
      ],
      subscribe: ["_INBOX_agents-mail.>"],
    });
    expect(settings.inference.clients).toEqual({ "agents-mail": { models: ["chat"] } });
    expect(serviceProblems(desktop, house, settings)).toEqual([]);
  });

  it("adds nobody anywhere while there is none", () => {
    const none = load({});
    expect(Object.keys(none.nats.users)).toEqual(["agent"]);
    expect(none.inference.clients).toEqual({});
  });

  it.each([
    [
      "without NATS",
      { mail: { ...pool, models: [] } },
      {},
      "homelab:agents.pools names a pool: homelab:nats.enabled must be true, for their tasks are there.",
    ],
    [
      "with more turns than agents",
      { mail: { ...pool, turns: 4 } },
      undefined,
      "homelab:agents.pools.mail.turns is 4: it must be at most replicas, 3, for an agent has one task at a time.",
    ],
    [
      "of a model that is nowhere",
      { mail: { ...pool, models: ["gone"] } },
      undefined,
      "homelab:inference.clients.agents-mail.models names gone: it must be one of homelab:inference.models; there is chat.",
    ],
  ])("is refused %s, with a sentence", (_, pools, more, sentence) => {
    expect(serviceProblems(desktop, house, load(pools, more))).toContain(sentence);
  });
});

describe("pools together", () => {
  const said = (turns: number, code: object = {}) => {
    const pools = { mail: { ...pool, turns: 3 }, code: { ...pool, turns: 2, ...code } };
    const more = { agents: { turns, pools }, nats: { enabled: true }, inference };
    return serviceProblems(desktop, house, load({}, more));
  };

  it("may have as many turns as all may have, and a sentence says where there are more", () => {
    expect(said(5)).toEqual([]);
    expect(said(4)).toEqual([
      "homelab:agents.turns is 4, and the pools have 5 together (mail 3, code 2): give one of them fewer, or raise it.",
    ]);
    expect(said(4, { enabled: false })).toEqual([]);
  });
});

describe("a pool of agents in the cluster", () => {
  const on = { nats: { enabled: true }, inference, k3s: { enabled: true } };
  const inCluster = (more: object = {}) => {
    const settings = load({ mail: { ...pool, cluster: true, ...more } }, on);
    const [found] = podsInCluster(desktop, settings, String);
    if (found === undefined) throw new Error("the pool is not in the cluster");
    return { settings, found };
  };

  it("is one Deployment of all its agents, each named as its pod is", () => {
    const { settings, found } = inCluster();
    expect(found.run.pods).toMatchObject([
      {
        ...{ name: "agent-mail", replicas: 3 },
        programs: [
          {
            podName: "AGENT_NAME",
            env: { AGENT_POOL: "mail", AGENT_MODEL: "chat", MOOD: "calm" },
            limits: { memory: "512Mi" },
            secretFiles: { from: "agent-mail-credentials", at: "/run/secrets" },
          },
        ],
      },
    ]);
    const quadlets = quadletsOn({ node: desktop, topology: house }, settings).map(({ name }) => name);
    expect(quadlets.filter((name) => name.startsWith("agent-"))).toEqual([]);
    expect(secretNames("desktop", settings).filter((name) => name.includes("agent-mail"))).toEqual([]);
  });

  it("has what opens queue and gateway in the same files as quadlets have", () => {
    const { found } = inCluster();
    const files = found.service.credentials?.(undefined) ?? {};
    expect(Object.keys(files)).toEqual(["nats-password.json", "inference-key.json"]);
    const text = files["nats-password.json"]?.({
      ...{ storage: { dsns: {}, s3Endpoint: "", s3: {} }, passwords: {} },
      services: { nats: { "agents-mail": "open sesame" } },
      urls: { NATS_URL: "nats://192.168.1.11:4222" },
    });
    expect(JSON.parse(text ?? "")).toEqual({
      ...{ url: "nats://192.168.1.11:4222", user: "agents-mail", password: "open sesame" },
    });
    expect(JSON.stringify(found.run)).not.toContain("open sesame");
  });

  it("with a schedule is one CronJob, in the zone that the schedule names", () => {
    const { found } = inCluster({ schedule: { at: "Mon..Fri 20:00 Europe/Berlin", limitSeconds: 7200 } });
    expect(found.run.pods[0]?.schedule).toEqual({
      ...{ cron: "0 20 * * 1,2,3,4,5", timeZone: "Europe/Berlin", limitSeconds: 7200 },
    });
    expect(found.run.pods[0]?.programs[0]?.env).toMatchObject({ AGENT_IDLE_SECONDS: "30" });
  });

  it("is refused where desktop is no member of the cluster, and with keys of a quadlet", () => {
    const off = load({ mail: { ...pool, cluster: true } });
    expect(serviceProblems(desktop, house, off)).toEqual([
      "homelab:agents.pools.mail.cluster is true: homelab:k3s.enabled must be true for it, for desktop is no member of the cluster without.",
    ]);
    expect(() => load({ mail: { ...pool, cluster: true, quadlet: { Service: { Nice: 5 } } } }, on)).toThrow(
      /pools\.mail\.quadlet .*must not be given with cluster/,
    );
    expect(() => load({ mail: { ...pool, pod: { labels: { team: "a" } } } }, on)).toThrow(
      /pools\.mail\.pod .*must not be given without cluster/,
    );
  });
});
