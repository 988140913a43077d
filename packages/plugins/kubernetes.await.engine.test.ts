import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { builtServer, Kubernetes } from "./testing/kubernetes";
import { Project, type Run } from "./testing/project";

const built = builtServer();

const head = `import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
const provider = new k8s.Provider("cluster", {
  kubeconfig: new pulumi.Config().requireSecret("kubeconfig"), clusterIdentifier: "trial",
});
const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "app:1" }] } };
const job = { template: { spec: { ...template.spec, restartPolicy: "Never" } } };
const claim = (storageClassName: string) => ({
  accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage: "1Gi" } },
});
const selector = { matchLabels: labels };
`;
/** A declaration of an object of that kind, named after it. */
const declare = (kind: string, name: string, spec: string, options = "", annotations = ""): string =>
  `new k8s.${kind}("${name}", { metadata: { name: "${name}", annotations: { ${annotations} } }, spec: ${spec} },
  { provider, ${options} });\n`;
const deployment = (options = "", annotations = ""): string =>
  declare("apps.v1.Deployment", "web", "{ selector, template }", options, annotations);

const core = "/api/v1/namespaces/default";
const apps = "/apis/apps/v1/namespaces/default";
const web = `${apps}/deployments/web`;
const available = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
const ends = (type: string, reason: string, more: string): object[] =>
  [more, type].map((name) => ({
    type: name,
    status: "True",
    reason,
    message: "three pods ended with exit code 1",
  }));

describe.skipIf(built === undefined)("waiting for objects", () => {
  let kubernetes: Kubernetes;
  let project: Project;
  beforeAll(async () => {
    kubernetes = await Kubernetes.start(built ?? "");
    project = new Project(head);
    project.mustRun("config", "set", "--secret", "kubeconfig", kubernetes.kubeconfig());
  }, 180_000);
  afterAll(() => {
    project.remove();
    kubernetes.stop();
  });
  const begin = (program: string): Run => {
    project.program(head + program);
    return project.start(["up", "--yes", "--skip-preview"]);
  };
  const succeeds = async (run: Run): Promise<string> => {
    const { status, output } = await run.done;
    expect(status, output).toBe(0);
    return output;
  };
  const fails = async (run: Run): Promise<string> => {
    const { status, output } = await run.done;
    expect(status, output).not.toBe(0);
    return output;
  };

  test("an update ends when the controllers of all its objects have reported", async () => {
    const run = begin(
      [
        deployment(),
        declare("apps.v1.StatefulSet", "store", '{ selector, template, serviceName: "store", replicas: 1 }'),
        declare("apps.v1.DaemonSet", "agent", "{ selector, template }"),
        declare("batch.v1.Job", "once", "job"),
        declare("core.v1.Service", "door", "{ selector: labels, ports: [{ port: 80 }] }"),
        declare("core.v1.Pod", "lonely", "template.spec"),
        declare("core.v1.PersistentVolumeClaim", "disk", 'claim("fast")'),
      ].join(""),
    );
    await kubernetes.report(`${apps}/statefulsets/store`, {
      ...available,
      currentRevision: "store-1",
      updateRevision: "store-1",
    });
    await kubernetes.report(`${apps}/daemonsets/agent`, {
      currentNumberScheduled: 1,
      numberMisscheduled: 0,
      numberReady: 1,
      desiredNumberScheduled: 1,
      updatedNumberScheduled: 1,
      numberAvailable: 1,
    });
    await kubernetes.report("/apis/batch/v1/namespaces/default/jobs/once", {
      succeeded: 1,
      startTime: "2026-01-01T00:00:00Z",
      completionTime: "2026-01-01T00:00:01Z",
      conditions: ends("Complete", "Done", "SuccessCriteriaMet"),
    });
    await kubernetes.report(`${core}/pods/lonely`, {
      phase: "Running",
      conditions: [{ type: "Ready", status: "True" }],
    });
    await kubernetes.report(`${core}/persistentvolumeclaims/disk`, { phase: "Bound" });
    await kubernetes.appears(`${core}/services/door`);
    await kubernetes.send("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
      metadata: { name: "door-1", labels: { "kubernetes.io/service-name": "door" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.7"], conditions: { ready: true } }],
    });
    await kubernetes.appears(web);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    for (const name of ["store", "agent", "once", "lonely", "disk", "door"]) {
      expect(run.printed()).toMatch(new RegExp(`${name} created`));
    }
    expect(run.printed()).not.toMatch(/web created/);
    await kubernetes.report(web, available);
    await succeeds(run);
    expect(project.resource("web").outputs).toMatchObject({ status: { availableReplicas: 1 } });
  });

  test("a refresh says that a deployment is no longer ready, and the next update waits for it again", async () => {
    await kubernetes.report(web, {
      ...available,
      availableReplicas: 0,
      readyReplicas: 0,
      unavailableReplicas: 1,
    });
    project.program(head + deployment());
    expect(await succeeds(project.start(["refresh", "--yes"]))).toContain(
      "Deployment default/web is not ready: 0 of 1 replicas are available",
    );
    const run = project.start(["up", "--yes", "--skip-preview"]);
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(run.printed()).not.toMatch(/web updated/);
    await kubernetes.report(web, available);
    await succeeds(run);
  });

  test("a claim whose class waits for a consumer is not waited for", async () => {
    await succeeds(
      begin(`
const lazy = new k8s.storage.v1.StorageClass("lazy", { metadata: { name: "lazy" }, provisioner: "none",
  volumeBindingMode: "WaitForFirstConsumer" }, { provider });
${declare("core.v1.PersistentVolumeClaim", "later", 'claim("lazy")', "dependsOn: lazy")}`),
    );
    expect(project.resource("later").outputs).toMatchObject({ status: { phase: "Pending" } });
  });

  test("when its time is over, the error says what is wrong with the pods, and the object stays in the state", async () => {
    await kubernetes.send("POST", `${core}/pods`, {
      metadata: { name: "web-1", labels: { app: "web" } },
      spec: { containers: [{ name: "main", image: "app:1" }] },
    });
    await kubernetes.report(`${core}/pods/web-1`, {
      phase: "Pending",
      containerStatuses: [
        {
          name: "main",
          image: "app:1",
          imageID: "",
          ready: false,
          restartCount: 0,
          state: { waiting: { reason: "ImagePullBackOff", message: 'Back-off pulling image "app:1"' } },
        },
      ],
    });
    await kubernetes.send("POST", `${core}/events`, {
      metadata: { name: "web-1.1" },
      type: "Warning",
      reason: "Failed",
      message: "no such image",
      involvedObject: { kind: "Pod", name: "web-1", namespace: "default" },
    });
    const output = await fails(begin(deployment('customTimeouts: { create: "6s" }')));
    expect(output).toContain(
      "Deployment default/web is not ready: its controller has not seen it yet; " +
        'Pod web-1: container main: ImagePullBackOff: Back-off pulling image "app:1"; ' +
        "Pod web-1: Failed: no such image after 6s",
    );
    expect(project.resource("web").id).toBe("default/web");
    await kubernetes.send("DELETE", `${core}/pods/web-1`);
    const again = begin(deployment());
    await kubernetes.report(web, available);
    await succeeds(again);
  });

  test("the annotations timeoutSeconds and skipAwait are heeded", async () => {
    const limited = declare("core.v1.Pod", "slow", "template.spec", "", '"pulumi.com/timeoutSeconds": "2"');
    expect(await fails(begin(deployment() + limited))).toContain(
      "Pod default/slow is not ready: its phase is Pending after 2s",
    );
    const skipped = declare("batch.v1.Job", "skipped", "job", "", '"pulumi.com/skipAwait": "true"');
    await succeeds(begin(deployment() + skipped));
  });

  test("a job that fails ends the wait at once, with the reason", async () => {
    const run = begin(deployment() + declare("batch.v1.Job", "doomed", "job"));
    await kubernetes.report("/apis/batch/v1/namespaces/default/jobs/doomed", {
      failed: 3,
      startTime: "2026-01-01T00:00:00Z",
      conditions: ends("Failed", "BackoffLimitExceeded", "FailureTarget"),
    });
    expect(await fails(run)).toContain(
      "Job default/doomed: the job failed (BackoffLimitExceeded three pods ended with exit code 1)",
    );
  });

  test("Ctrl-C ends a wait, and the object stays in the state", async () => {
    const run = begin(deployment() + declare("apps.v1.DaemonSet", "idle", "{ selector, template }"));
    await kubernetes.appears(`${apps}/daemonsets/idle`);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const pressed = Date.now();
    run.interrupt();
    expect(await fails(run)).toContain("the wait was cancelled");
    expect(Date.now() - pressed).toBeLessThan(20_000);
    expect(project.resource("idle").id).toBe("default/idle");
  });

  test("a kind of one's own is known once its definition is there, and waited for as it says", async () => {
    const run = begin(`
const definition = new k8s.apiextensions.v1.CustomResourceDefinition("widgets", {
  metadata: { name: "widgets.example.com" },
  spec: { group: "example.com", scope: "Namespaced", names: { plural: "widgets", kind: "Widget" },
    versions: [{ name: "v1", served: true, storage: true, subresources: { status: {} },
      schema: { openAPIV3Schema: { type: "object", x_kubernetes_preserve_unknown_fields: true } } }] },
}, { provider });
new k8s.apiextensions.CustomResource("gear", { apiVersion: "example.com/v1", kind: "Widget",
  metadata: { name: "gear", annotations: { "pulumi.com/waitFor": "jsonpath={.status.phase}=Turning" } },
  spec: { teeth: 12 },
}, { provider, dependsOn: definition });`);
    const gear = "/apis/example.com/v1/namespaces/default/widgets/gear";
    await kubernetes.report(gear, { phase: "Stuck" });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(run.printed()).not.toMatch(/gear created/);
    await kubernetes.report(gear, { phase: "Turning" });
    await succeeds(run);
    expect(project.planned("gear")).toBe("same");
    expect(project.planned("widgets")).toBe("same");
  });

  test("a patch changes some fields of an object that is there, and gives them back", async () => {
    await kubernetes.send("POST", `${core}/configmaps`, {
      metadata: { name: "shared" },
      data: { theirs: "1" },
    });
    await succeeds(
      begin(
        `new k8s.core.v1.ConfigMapPatch("ours", { metadata: { name: "shared" }, data: { ours: "2" } }, { provider });`,
      ),
    );
    expect((await kubernetes.get(`${core}/configmaps/shared`)).data).toEqual({ theirs: "1", ours: "2" });
    await succeeds(project.start(["destroy", "--yes"]));
    expect((await kubernetes.get(`${core}/configmaps/shared`)).data).toEqual({ theirs: "1" });
  });
});
