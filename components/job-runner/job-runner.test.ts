import { join } from "node:path";
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readJobs } from "../../packages/jobs";
import { judge } from "../../policies/engine/judge";
import { readFiles } from "../../policies/readers/files/read";
import { house } from "../../power/testing";
import { declared, named, passwordOf } from "../testing";
import { declaredJobs } from "./declared";
import { plannedJobs } from "./planned";
import { JobRunner, wrongNeeds } from ".";

const storage = { ...house.nodes.storage, name: "storage" as const };
const compute = { ...house.nodes.compute, name: "compute" as const };
const fixture = join(__dirname, "../../tests/fixtures/jobs.yaml");
const jobs = readJobs(readFileSync(fixture, "utf8"), fixture);

const kubeconfig = JSON.stringify({
  clusters: [
    { name: "c", cluster: { server: "https://10.0.0.1:6443", "certificate-authority-data": "Q0E=" } },
  ],
  users: [{ name: "admin", user: { "client-key-data": "ADMIN-KEY" } }],
});

/** What the node's script is told of a job, by key. */
function told(text: string, job: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const line of text.trimEnd().split("\n")) {
    const [name = "", key = "", value = ""] = line.split("\t");
    if (name === job) (found[key] ??= []).push(Buffer.from(value, "base64").toString("utf8"));
  }
  return found;
}

const one = (more: object) =>
  readJobs(
    JSON.stringify({ jobs: { probe: { node: "storage", user: "ada", command: "true", ...more } } }),
    "jobs.yaml",
  );

describe("what a node is told of its jobs", () => {
  it("is of its own jobs, and of no other node's", () => {
    const names = new Set(
      declaredJobs(jobs, storage)
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t")[0]),
    );
    expect([...names]).toEqual(["pull-fixtures", "team-stats"]);
  });

  it("has the user, the limit and the command, one argument each", () => {
    expect(told(declaredJobs(jobs, storage), "pull-fixtures").argument).toEqual([
      "--property=User=root",
      "--property=WorkingDirectory=~",
      "--property=RuntimeMaxSec=600",
      "--property=TimeoutStopSec=30",
      "--property=LogRateLimitIntervalSec=0",
      "--property=SyslogIdentifier=homelab-job",
      "--",
      "/bin/sh",
      "-c",
      "echo fixtures",
    ]);
  });

  it("keeps variables of the command from systemd, which would put its own in", () => {
    const { argument } = told(declaredJobs(one({ command: "echo $HOME ${X} $$" }), storage), "probe");
    expect(argument?.at(-1)).toBe("echo $$HOME $${X} $$$$");
  });

  it("quotes what systemd reads in a file of variables", () => {
    const environment = { A: 'say "hi" $HOME `id` \\n', PATH: "/opt/bin:/usr/bin" };
    expect(told(declaredJobs(one({ environment }), storage), "probe").environment).toEqual([
      'PATH="/opt/bin:/usr/bin"\nSHELL="/bin/sh"\nA="say \\"hi\\" \\$HOME \\`id\\` \\\\n"\n',
    ]);
  });

  it("keeps lines of the command and of the input whole", () => {
    const text = declaredJobs(one({ command: "cat\n\n", input: "a\tb\n\n", success: [0, 3] }), storage);
    expect(told(text, "probe")).toMatchObject({ input: ["a\tb\n\n"], success: ["0,3"] });
    expect(told(text, "probe").argument?.at(-1)).toBe("cat\n\n");
  });
});

describe("a job that is an image", () => {
  const begun = (more: object, node: typeof storage | typeof compute = compute) => {
    const raw = {
      jobs: { thumbs: { node: node.name, image: "registry.example.org/thumbs:1.4.2", ...more } },
    };
    const script = ["/lib/pod.sh", "/lib/k3s", "/etc/kubeconfig"];
    return told(declaredJobs(readJobs(JSON.stringify(raw), "jobs.yaml"), node, script), "thumbs");
  };
  interface Pod {
    readonly containers: readonly Record<string, unknown>[];
    readonly [key: string]: unknown;
  }
  interface JobObject {
    readonly kind: string;
    readonly metadata: Record<string, unknown>;
    readonly spec: Record<string, unknown> & { readonly template: { readonly spec: Pod } };
  }
  const objectOf = (more: object, node?: typeof storage | typeof compute) =>
    JSON.parse(begun(more, node).input?.[0] ?? "") as JobObject;
  const containerOf = (more: object) => objectOf(more).spec.template.spec.containers[0];

  it("is a unit like every other, whose command is the script that makes its pod", () => {
    const { argument, environment, success } = begun({ timeout: 60, success: [0, 3], memory: "512M" });
    expect(argument).toEqual([
      "--property=User=root",
      "--property=WorkingDirectory=/",
      "--property=RuntimeMaxSec=60",
      "--property=KillMode=mixed",
      "--property=TimeoutStopSec=75",
      "--property=LogRateLimitIntervalSec=0",
      "--property=SyslogIdentifier=homelab-job",
      ...["--", "/lib/pod.sh", "/lib/k3s", "/etc/kubeconfig", "homelab-jobs-compute", "thumbs"],
    ]);
    expect([environment, success]).toEqual([['PATH="/usr/bin:/bin"\n'], ["0,3"]]);
  });

  it("is a Job on its node that the cluster tries once, with the ids of the run, its memory and a limit of its own", () => {
    const { kind, metadata, spec } = objectOf({ environment: { SIZE: "200" }, memory: "512M", timeout: 60 });
    expect([kind, metadata]).toEqual([
      "Job",
      expect.objectContaining({ name: "thumbs", namespace: "homelab-jobs-compute" }),
    ]);
    expect(spec).toMatchObject({ backoffLimit: 0, ttlSecondsAfterFinished: 86_400 });
    const pod = spec.template.spec;
    expect(pod).toMatchObject({
      ...{ restartPolicy: "Never", activeDeadlineSeconds: 120, automountServiceAccountToken: false },
      nodeSelector: { "kubernetes.io/hostname": "compute" },
      volumes: [{ name: "tmp", emptyDir: {} }],
    });
    expect(pod.containers).toMatchObject([
      {
        image: "registry.example.org/thumbs:1.4.2",
        env: [
          { name: "HOME", value: "/tmp" },
          { name: "SIZE", value: "200" },
          { name: "HOMELAB_JOB", value: "thumbs" },
          { name: "HOMELAB_CORRELATION_ID", value: "@HOMELAB_CORRELATION_ID@" },
          { name: "TRACEPARENT", value: "@TRACEPARENT@" },
        ],
        resources: { requests: { cpu: "10m", memory: "512Mi" }, limits: { memory: "512Mi" } },
        securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
      },
    ]);
  });

  it("starts what the image starts, its shell with a text, or its own program with arguments; as they stand", () => {
    expect(containerOf({})).not.toHaveProperty("command");
    // Kubernetes makes $ of $$, and puts variables in for $(…).
    expect(containerOf({ command: "echo $(date) $$" })).toMatchObject({
      command: ["/bin/sh", "-c", "echo $$(date) $$$$"],
    });
    const withArguments = containerOf({ command: ["--size", "$200"], environment: { PRICE: "$(A)" } });
    expect(withArguments).toMatchObject({ args: ["--size", "$$200"] });
    expect(withArguments?.env).toContainEqual({ name: "PRICE", value: "$$(A)" });
    expect(withArguments).not.toHaveProperty("command");
  });

  it("keeps nothing on compute: the placement rule finds nothing to say", () => {
    const text = JSON.stringify(objectOf({ command: ["run"], memory: "1G" }));
    const around = { read: () => undefined, filesIn: () => [] };
    const { facts, errors } = readFiles([{ path: "job.json", text }], around);
    const { name, lifecycle, address } = compute;
    const nodes = [{ name, lifecycle, addresses: [address], labels: {}, taints: [] }];
    const { violations } = judge(facts, { nodes, networkClasses: [] });
    expect([[...errors], violations]).toEqual([[], []]);
    expect(facts).not.toEqual([]);
  });

  it("has an account in the cluster that may make Jobs in one namespace, and whose token is on the node alone", async () => {
    const image = { node: "storage", image: "registry.example.org/thumbs:1.4.2" };
    const found = await declared(() => {
      new JobRunner("jobs", {
        node: storage,
        jobs: readJobs(JSON.stringify({ jobs: { thumbs: image } }), "jobs.yaml"),
        pods: {
          cluster: { kubeconfig: pulumi.secret(kubeconfig), identifier: "homelab-0123" },
          dependsOn: new pulumi.ComponentResource("test:index:Admission", "admission"),
          program: "/lib/k3s",
        },
        sshIdentity: undefined,
      });
    });
    expect(named(found, "jobs-pods-role").inputs.rules).toEqual([
      { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "delete", "get", "list", "watch"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    ]);
    // Never without its limits.
    expect(named(found, "jobs-pods-token").dependsOn).toEqual(
      expect.arrayContaining(["jobs-pods-runs", "jobs-pods-runs-binding", "jobs-pods-binding"]),
    );
    const files = named(found, "jobs-door").inputs.files as {
      path: string;
      content: string;
      mode?: string;
    }[];
    const given = files.find(({ path }) => path === "/etc/homelab/homelab-jobs-kubeconfig");
    expect(given).toMatchObject({ mode: "0600", onChange: "nothing" });
    expect(parse(given?.content ?? "")).toMatchObject({
      clusters: [{ cluster: { server: "https://10.0.0.1:6443", "certificate-authority-data": "Q0E=" } }],
      users: [{ user: { token: passwordOf("jobs-pods-token") } }],
    });
    const others = found.filter(({ name }) => name !== "jobs-door");
    const clear = JSON.stringify([found.map(({ visible }) => visible), others.map(({ inputs }) => inputs)]);
    expect(clear).not.toContain(passwordOf("jobs-pods-token"));
    expect(given?.content).not.toContain("ADMIN-KEY");
  });

  it("asks for nothing in the cluster where no job of the node is an image", async () => {
    const found = await declared(() => {
      new JobRunner("jobs", { node: storage, jobs, sshIdentity: undefined });
    });
    expect(found.map(({ name }) => name).sort()).toEqual(["jobs", "jobs-door"]);
  });
});

describe("the deployments of jobs.yaml", () => {
  it("have the schedule, what to do after a failure, and what begins next", () => {
    expect(plannedJobs(jobs)["pull-fixtures"]).toMatchObject({
      pool: "storage",
      paused: false,
      schedule: { cron: "0 2 * * *", timezone: "Europe/Berlin", day_or: false },
      overlap: "skip",
      parameters: {
        ...{ job: "pull-fixtures", retries: 2, backoff: 30 },
        then: [{ job: "team-stats", after: ["pull-fixtures"], chain: true }],
      },
    });
    expect(plannedJobs(jobs)["clean-desktop"]?.schedule).toEqual({
      ...{ interval: 3600, anchor_date: "2020-01-01T00:00:00Z", timezone: "UTC" },
    });
    expect(plannedJobs(jobs)["look-at-compute"]).toMatchObject({ pool: "compute", paused: true });
  });

  it("know after how long without success something is wrong: a job's schedule, its attempts, and those before it", () => {
    const [day, attempts] = [25 * 3600, 3 * 600 + 30 + 60];
    const planned = plannedJobs(jobs);
    expect(planned["pull-fixtures"]?.labels).toEqual({
      "homelab.due": day + attempts + 600,
      "homelab.limit": attempts + 120,
    });
    expect(planned["team-stats"]?.labels["homelab.due"]).toBe(day + attempts + 600 + 3600);
    // Switched off, and begun by hand: nobody waits for them.
    expect(planned["look-at-compute"]?.labels).not.toHaveProperty("homelab.due");
  });

  it("wait in a queue of their own where they need a node, and say what becomes of them while it is off", () => {
    const planned = (more: object) => plannedJobs(one({ needs: "compute", ...more })).probe;
    expect(planned({ wake: true, patience: 600 })).toMatchObject({
      queue: "needs-compute",
      labels: {
        ...{ "homelab.needs": "compute", "homelab.whenOff": "wait" },
        ...{ "homelab.wake": 1, "homelab.patience": 600 },
      },
    });
    expect(planned({ whenOff: "skip" })?.labels).toMatchObject({
      "homelab.whenOff": "skip",
      "homelab.wake": 0,
    });
    expect(plannedJobs(one({})).probe).toMatchObject({ queue: "default", labels: {} });
    expect(Object.keys(plannedJobs(one({})).probe?.labels ?? {})).toEqual(["homelab.limit"]);
  });

  it("may wait for a node before somebody is told, and are waited for by nobody where they may be left out", () => {
    const due = (more: object) =>
      plannedJobs(one({ schedule: { every: 3600 }, timeout: 60, ...more })).probe?.labels["homelab.due"];
    expect(due({})).toBe(3600 + 60 + 600);
    expect(due({ needs: "compute" })).toBe(3600 + 3600 + 60 + 600);
    expect(due({ needs: "compute", patience: 120 })).toBe(3600 + 120 + 60 + 600);
    expect(due({ needs: "compute", whenOff: "skip" })).toBeUndefined();
  });

  it("say who is told of them", () => {
    expect(plannedJobs(one({ notify: ["ada", "ben"] })).probe?.labels["homelab.notify"]).toBe("ada,ben");
  });

  it("wait for the same chain where one beginning leads to all, else for a success of each", () => {
    const schedule = { cron: "0 1 * * *", timezone: "UTC" };
    const base = { node: "storage", user: "ada", command: "true" };
    const planned = plannedJobs(
      readJobs(
        JSON.stringify({
          jobs: {
            a: { ...base, schedule },
            b: { ...base, after: ["a"] },
            c: { ...base, after: ["a"] },
            d: { ...base, schedule },
            both: { ...base, after: ["b", "c"] },
            apart: { ...base, after: ["c", "d"] },
          },
        }),
        "jobs.yaml",
      ),
    );
    expect(planned.c?.parameters.then).toEqual([
      { job: "both", after: ["b", "c"], chain: true },
      { job: "apart", after: ["c", "d"], chain: false },
    ]);
  });

  it("are worked out once each, however many ways lead to one: forty layers of two", () => {
    const base = { node: "storage", user: "ada", command: "true" };
    const layered: Record<string, object> = {};
    for (let layer = 0; layer < 40; layer += 1) {
      const begins =
        layer === 0
          ? { schedule: { cron: "0 1 * * *", timezone: "UTC" } }
          : { after: [`a${layer - 1}`, `b${layer - 1}`] };
      for (const side of ["a", "b"]) layered[`${side}${layer}`] = { ...base, ...begins };
    }
    const planned = plannedJobs(readJobs(JSON.stringify({ jobs: layered }), "jobs.yaml"));
    expect(planned.b39?.labels["homelab.due"]).toBe(24 * 3600 + 600 + 40 * 3600);
    expect(planned.a38?.parameters.then).toEqual([
      { job: "a39", after: ["a38", "b38"], chain: false },
      { job: "b39", after: ["a38", "b38"], chain: false },
    ]);
  });
});

describe("a node that a job needs", () => {
  it("is one that goes on and off, and has a hardware address where it is to be woken", () => {
    const { mac, ...compute } = house.nodes.compute;
    const without = { ...house, nodes: { ...house.nodes, compute } };
    expect(mac).toBeDefined();
    expect(wrongNeeds(one({ needs: "compute", wake: true }), house)).toEqual([]);
    expect(wrongNeeds(one({ needs: "desktop" }), house)).toEqual([
      "jobs.probe.needs names desktop, which is always on: only an on-demand node can be waited for.",
    ]);
    expect(wrongNeeds(one({ needs: "compute", wake: true }), without)).toEqual([
      "jobs.probe.wake: the topology has no mac of compute, so nothing can wake it.",
    ]);
    expect(wrongNeeds(one({ needs: "compute" }), without)).toEqual([]);
  });

  it.each([
    [
      "wake without needs",
      { wake: true },
      "jobs.probe.wake says what to do while a node is off, and needs names none.",
    ],
    [
      "patience without needs",
      { patience: 60 },
      "jobs.probe.patience says what to do while a node is off, and needs names none.",
    ],
    [
      "skip and wake",
      { needs: "compute", whenOff: "skip", wake: true },
      "jobs.probe has both whenOff: skip and wake: a run that is left out waits for nothing.",
    ],
  ])("is refused with %s", (_, more, says) => {
    expect(() => one(more)).toThrow(`jobs.yaml: ${says}`);
  });
});

describe("a JobRunner", () => {
  it("has the jobs in a file that only root reads, and a socket that only root opens", async () => {
    const node = { ...house.nodes.storage, name: "storage" as const };
    const all = await declared(() => new JobRunner("jobs", { node, jobs, sshIdentity: undefined }));
    const unit = all.find(({ name }) => name === "jobs-door");
    expect(unit?.inputs).toMatchObject({ service: "homelab-jobs.socket" });
    const files = (unit?.inputs as { files: { path: string; mode?: string; content: string }[] }).files;
    expect(files.find(({ path }) => path === "/etc/homelab/homelab-jobs")?.mode).toBe("0600");
    const socket = files.find(({ path }) => path.endsWith("homelab-jobs.socket"))?.content;
    expect(socket).toContain("ListenStream=/run/homelab/jobs-door/socket\n");
    expect(socket).toContain("SocketMode=0600\n");
  });
});
