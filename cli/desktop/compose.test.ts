import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { afterAll, describe, expect, it } from "vitest";
import { loadSettings } from "../../settings";
import { loadTopology } from "../../topology";
import { composeProject, header } from "./compose";
import { macRuns } from "./runs";
import { secretFiles, secretTexts } from "./secrets";
import { writeProject } from "./write";

const project = join(__dirname, "../..");
const topology = loadTopology(join(project, "tests/fixtures/topology.yaml"));
const { desktop } = topology.nodes;
const folder = mkdtempSync(join(tmpdir(), "homelab-compose-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const everything = {
  nats: { enabled: true, quadlet: { Service: { Nice: 5 }, Container: { AddCapability: ["SYS_NICE"] } } },
  metrics: { enabled: true },
  grafana: { enabled: true, postgres: { role: "grafana" } },
  alerts: { enabled: true },
  replica: { enabled: true },
  logShipping: { enabled: true },
  k3s: { enabled: true },
  workloads: {
    familiar: {
      image: "registry.example.org/familiar:1.4.2",
      command: ["--price", "$5", "$${x}"],
      ports: { http: { port: 8080 } },
      environment: { DATABASE_URL: "${dsn.agent.agent_gateway}", NATS: "${nats.agent}", PRICE: "$5" },
      secrets: { API_KEY: "sk-mine" },
      secretFiles: { dsn: "${dsn.agent.agent_gateway}" },
      keeps: { "/srv/homelab/familiar": "/data" },
      files: { "familiar.toml": { at: "/etc/familiar.toml", content: "a = '$HOME'\n" } },
      tmpfs: ["/tmp"],
      memory: "1G",
      health: { exec: ["familiar", "healthy"] },
      quadlet: {
        Container: { Volume: ["/var/log:/logs:ro", "/mnt/x:/x", "/Users/ada/in:/in:rslave"], PidsLimit: 5 },
      },
    },
    models: {
      image: "registry.example.org/models:1.0.0",
      ephemeral: { directories: { "/srv/homelab/models": "/models" }, reason: "downloaded again" },
      health: { exec: ["true"] },
    },
    nightly: {
      image: "registry.example.org/nightly:1.0.0",
      schedule: { at: ["03:30", "Sat,Sun 12:00"], limitSeconds: 600 },
    },
    often: { image: "registry.example.org/often:1.0.0", schedule: { at: "*:*:0/5" } },
    pods: { image: "registry.example.org/pods:1.0.0", cluster: true },
    zed: { external: true, ports: { http: { port: 9990 } } },
  },
};

const rendered = (given: object) => {
  const all = Object.entries(given).map(([key, value]) => [`homelab:${key}`, JSON.stringify(value)]);
  const settings = loadSettings("desktop", Object.fromEntries(all) as Record<string, string>, {
    ...{ home: "/nowhere", exists: () => false },
  });
  const { runs, refused } = macRuns(settings, desktop, topology);
  return { runs, ...composeProject(runs, refused) };
};

interface Compose {
  readonly services: Record<string, Record<string, unknown> | undefined>;
  readonly volumes: object;
  readonly secrets: Record<string, unknown>;
}
const { runs, text, files, timed, refused } = rendered(everything);
const compose = parse(text) as Compose;

describe("the compose file of a Mac", () => {
  it("has the services that run as containers, and a sentence for each that cannot", () => {
    expect(Object.keys(compose.services).sort()).toEqual([
      "grafana",
      "nats",
      "node-exporter",
      "workload-familiar",
      "workload-models",
      "workload-nightly",
    ]);
    for (const key of ["replica", "k3s", "alerts", "logShipping"])
      expect(refused.join("\n")).toMatch(new RegExp(`^homelab:${key} \\(.*\\) is left out: .*\\.$`, "m"));
    expect(refused).toContain(
      "homelab:workloads.often.schedule: often is left out: it names seconds, which launchd cannot.",
    );
    expect(refused).toContain(
      "homelab:workloads.pods.cluster: pods is left out: it runs in the cluster, and a member of that needs Linux of its own.",
    );
    expect(refused).toContain(
      "homelab:nats.quadlet.Service.Nice is left out: a compose file for a Mac has nothing for it.",
    );
    expect(refused).toContain(
      "homelab:workloads.familiar.quadlet.Container.PidsLimit is left out: a compose file for a Mac has nothing for it.",
    );
  });

  it("asks for nothing that is the virtual machine's and not the Mac's", () => {
    expect(text).not.toMatch(/^version:|privileged|pid:|ipc:|network_mode|rslave|rshared|userns|devices:/m);
    for (const [, path = ""] of text.matchAll(/source: (\/\S+)/g))
      expect(path).toMatch(/^\/(Users|Volumes|private|tmp)(\/|$)/);
    expect(compose.services["node-exporter"]).toMatchObject({
      command: expect.arrayContaining([
        "--collector.disable-defaults",
        "--web.listen-address=:9100",
      ]) as unknown,
    });
    expect(compose.services["node-exporter"]).not.toHaveProperty("volumes");
  });

  it("keeps data beside itself, caches in a volume, and mounts what macOS shares by its real name", () => {
    expect(compose.services.nats?.volumes).toContainEqual({
      ...{ type: "bind", source: "./data/srv/homelab/nats", target: "/data" },
      bind: { create_host_path: true },
    });
    expect(compose.services["workload-models"]?.volumes).toEqual([
      { type: "volume", source: "workload-models-srv-homelab-models", target: "/models" },
    ]);
    expect(compose.volumes).toEqual({ "workload-models-srv-homelab-models": {} });
    expect(compose.services["workload-familiar"]?.volumes).toContainEqual({
      ...{ type: "bind", source: "/private/var/log", target: "/logs", read_only: true },
    });
    expect(refused.join("\n")).toContain('Volume is "/mnt/x:/x", and is left out: only what is below /Users');
    expect(refused.join("\n")).toContain(
      'is "/Users/ada/in:/in:rslave", and is left out: rslave means nothing',
    );
  });

  it("takes no $ for a variable, and gives a file as it was written", () => {
    expect(compose.services["workload-familiar"]).toMatchObject({
      command: ["--price", "$$5", "$$$${x}"],
      environment: { PRICE: "$$5" },
    });
    expect(files["config/workload-familiar/familiar.toml"]).toBe("a = '$HOME'\n");
    expect(Object.keys(files)).toContain("config/nats/nats.conf");
  });

  it("gives secrets by files only, which are told and hold what they should", () => {
    expect(text).not.toMatch(/sk-mine|postgresql:/);
    expect(compose.secrets["homelab-nats-accounts"]).toEqual({ file: "./secrets/homelab-nats-accounts" });
    expect(compose.services["workload-familiar"]).toMatchObject({
      env_file: [{ path: "./secrets/workload-familiar.env", required: true, format: "raw" }],
      secrets: [{ source: "homelab-workload-familiar-file-dsn", target: "dsn" }],
      healthcheck: { test: ["CMD", "familiar", "healthy"] },
    });
    expect(secretFiles(runs)).toContainEqual({
      path: "./secrets/workload-familiar.env",
      variables: ["API_KEY", "DATABASE_URL", "NATS"],
    });
    const dsn = "postgresql://agent:p$w'@10.0.0.1:5432/agent_gateway";
    const reader = "postgresql://grafana:g@10.0.0.1:5432/agent_gateway";
    const storage = {
      dsns: { agent: { agent_gateway: dsn }, grafana: { agent_gateway: reader } },
      ...{ s3Endpoint: "http://x", s3: {} },
    };
    const { texts, open } = secretTexts(runs, {
      ...{ storage, urls: {}, there: () => undefined },
      password: (name) => `password of ${name}`,
    });
    expect(open).toEqual([]);
    expect(texts["./secrets/workload-familiar.env"]).toBe(
      `API_KEY=sk-mine\nDATABASE_URL=${dsn}\nNATS=password of homelab-nats-agent\n`,
    );
    expect(texts["./secrets/homelab-workload-familiar-file-dsn"]).toBe(dsn);
    expect(texts["./secrets/homelab-nats-accounts"]).toContain("password of homelab-nats-agent");
    expect(texts["./secrets/homelab-grafana-admin"]).toBe("password of homelab-grafana-admin");
    expect(texts["./secrets/homelab-grafana-postgres"]).toBe("g");
    // Every file that the compose file names is one of them.
    expect(
      secretFiles(runs)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(Object.keys(texts).sort());
  });

  it("is brought up at login by a job of launchd's, and what has a schedule by one of its own", () => {
    const here = join(folder, "Ada & Bob's <Mac>");
    writeProject(here, { text, files: {}, timed, refused: [] });
    const job = (name: string) =>
      JSON.parse(
        execFileSync(
          "python3",
          ["-c", "import json,plistlib,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))"],
          { input: readFileSync(join(here, "launchd", `${name}.plist`)), encoding: "utf8" },
        ),
      ) as object;
    expect(job("homelab.compose")).toMatchObject({
      Label: "homelab.compose",
      ProgramArguments: ["/bin/sh", join(here, "start.sh")],
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 60,
    });
    expect(job("homelab.workload-nightly")).toMatchObject({
      ProgramArguments: ["/bin/sh", join(here, "start.sh"), "workload-nightly", "600"],
      StartCalendarInterval: [
        { Minute: 30, Hour: 3 },
        { Minute: 0, Hour: 12, Weekday: 0 },
        { Minute: 0, Hour: 12, Weekday: 6 },
      ],
    });
    expect(compose.services["workload-nightly"]).toMatchObject({ profiles: ["at-its-time"], restart: "no" });
  });

  it("is not written over one that somebody else wrote", () => {
    const theirs = join(folder, "theirs");
    const out = { text, files: {}, timed: [], refused: [] };
    writeProject(theirs, out);
    writeProject(theirs, out);
    writeFileSync(join(theirs, "compose.yaml"), "services: {}\n");
    expect(() => {
      writeProject(theirs, out);
    }).toThrow(/compose\.yaml is not this program's: name another folder, or move it away\./);
    expect(readFileSync(join(theirs, "compose.yaml"), "utf8")).toBe("services: {}\n");
  });
});

describe("homelab desktop compose", () => {
  const house = join(folder, "house");
  const out = join(folder, "out");
  const values = {
    dsns: { familiar: { familiar: "postgresql://familiar:fam@10.0.0.1:5432/familiar" } },
    ...{ S3_ENDPOINT: "http://10.0.0.1:9000", s3: {} },
  };
  const homelab = (...args: string[]) =>
    execFileSync(
      process.execPath,
      [
        join(project, "cli/homelab.cjs"),
        "desktop",
        "compose",
        "--topology",
        join(house, "topology.yaml"),
        ...args,
      ],
      { encoding: "utf8", input: JSON.stringify(values), stdio: "pipe" },
    );
  const secret = (name: string) => readFileSync(join(out, "secrets", name), "utf8");

  it("writes all that compose needs; passwords, and what a person put there, stay", () => {
    cpSync(join(project, "tests/fixtures/topology.yaml"), join(house, "topology.yaml"));
    writeFileSync(
      join(house, "Pulumi.desktop.yaml"),
      `config:
  homelab:nats: { enabled: true }
  homelab:workloads:
    familiar:
      image: registry.example.org/familiar:1.4.2
      environment: { DATABASE_URL: "\${dsn.familiar.familiar}", NATS: "\${nats.agent}" }
      secrets: { KEY: { secure: v1:AAAA } }
`,
    );
    expect(homelab("--out", out, "--secrets")).toBe("");
    expect(readFileSync(join(out, "compose.yaml"), "utf8").startsWith(header)).toBe(true);
    expect(existsSync(join(out, "config/nats/nats.conf"))).toBe(true);
    expect(statSync(join(out, "secrets/workload-familiar.env")).mode & 0o777).toBe(0o600);
    expect(statSync(join(out, "secrets")).mode & 0o777).toBe(0o700);
    const before = secret("homelab-nats-accounts");
    const lines = secret("workload-familiar.env");
    expect(lines).toMatch(/^DATABASE_URL=postgresql:\/\/familiar:fam@.*\nNATS=[0-9a-f]{60}\n$/);
    writeFileSync(join(out, "secrets/workload-familiar.env"), `KEY=mine\n${lines}`);
    homelab("--out", out, "--secrets");
    expect(secret("homelab-nats-accounts")).toBe(before);
    expect(secret("workload-familiar.env")).toBe(`KEY=mine\n${lines}`);
  });
});
