import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtServer, Kubernetes } from "../../packages/plugins/testing/kubernetes";
import { Project } from "../../packages/plugins/testing/project";

const built = builtServer();

/** A workload that runs at times, with a password of its own; or its namespace alone. */
const program = (cron?: string) => `
import * as pulumi from "@pulumi/pulumi";
import { PodService } from ${JSON.stringify(__dirname)};
import { clusterSpace } from ${JSON.stringify(`${__dirname}/../k3s`)};
const kubeconfig = new pulumi.Config().requireSecret("kubeconfig");
const node = { name: "desktop", address: "10.0.0.2", lifecycle: "always-on" };
const pod = (cron) => ({
  name: "toy", schedule: { cron, timeZone: "Europe/Berlin", limitSeconds: 60 },
  programs: [{
    name: "toy", image: "docker.io/toys/toy:1", secrets: ["WORD"], requests: { cpu: "1m", memory: "1Mi" },
    files: [{ from: "toy-files", key: "a.txt", at: "/a.txt" }],
  }],
});
class Toys extends pulumi.ComponentResource {
  constructor(cron) {
    super("test:index:Toys", "pods", {});
    const space = clusterSpace("pods", { kubeconfig, identifier: "one" }, "toys", (own) => ({ ...own, parent: this }));
    if (cron === undefined) return;
    new PodService("pods-toy", {
      node, run: { name: "toy", pods: [pod(cron)], files: { "toy-files": { "a.txt": "a" } } },
      keeps: { kind: "nothing" }, namespace: "toys", ...space, passwords: ["word"],
      secrets: { WORD: ({ passwords }) => "the word is " + passwords.word },
    }, { parent: this });
  }
}
new Toys(${cron === undefined ? "" : JSON.stringify(cron)});
`;

describe.skipIf(built === undefined)("a PodService with a schedule", () => {
  let kubernetes: Kubernetes;
  let project: Project;
  const job = () => kubernetes.find("/apis/batch/v1/namespaces/toys/cronjobs/toy");
  const word = async () => (await kubernetes.get("/api/v1/namespaces/toys/secrets/toy")).data?.WORD;

  beforeAll(async () => {
    kubernetes = await Kubernetes.start(built ?? "");
    project = new Project(program("0 3 * * *"));
    project.mustRun("config", "set", "--secret", "kubeconfig", kubernetes.kubeconfig());
    project.up();
  }, 180_000);
  afterAll(() => {
    project.remove();
    kubernetes.stop();
  });

  it("is a CronJob, whose Secret has the password that was made for it, and is the same in the next preview", async () => {
    expect((await job())?.spec).toMatchObject({
      ...{ schedule: "0 3 * * *", timeZone: "Europe/Berlin", concurrencyPolicy: "Forbid" },
    });
    expect(Buffer.from((await word()) ?? "", "base64").toString()).toMatch(/^the word is [A-Za-z0-9]{40}$/);
    expect(new Set(Object.values(project.plan()))).toEqual(new Set(["same"]));
  });

  it("is changed in its place, and keeps its password", async () => {
    const before = [(await job())?.metadata.uid, await word()];
    project.program(program("0 4 * * *"));
    project.up();
    expect((await job())?.spec).toMatchObject({ schedule: "0 4 * * *" });
    expect([(await job())?.metadata.uid, await word()]).toEqual(before);
  });

  it("goes when it is taken out, and what else is in its namespace stays", async () => {
    project.program(program());
    // Beside the test, which does what the namespace's controller would.
    const { status, output } = await project.start(["up", "--yes", "--skip-preview"]).done;
    expect(status, output).toBe(0);
    expect(await job()).toBeUndefined();
    expect(await kubernetes.find("/api/v1/namespaces/toys/secrets/toy")).toBeUndefined();
    expect(await kubernetes.find("/api/v1/namespaces/toys")).toBeDefined();
  });
});
