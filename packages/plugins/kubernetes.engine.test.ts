import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { builtServer, Kubernetes } from "./testing/kubernetes";
import { Project, type Run } from "./testing/project";

const built = builtServer();
if (built === undefined) {
  process.stderr.write("the kubernetes plugin is not tried: run lab/kubernetes/program.sh build\n");
}

const head = `import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
const provider = new k8s.Provider("cluster", {
  kubeconfig: config.requireSecret("kubeconfig"), clusterIdentifier: "trial",
});
const secret = config.requireSecret("secret");
`;
const options = "{ provider }";

interface Variant {
  colour?: string;
  replicas?: number;
  selector?: string;
  named?: string;
}
const template = (label: string): string => `{
  metadata: { labels: { app: "${label}" } },
  spec: { containers: [{
    name: "main", image: "app:1", env: [{ name: "EMPTY", value: "" }, { name: "PASSWORD", value: secret }],
    resources: { requests: { cpu: "1000m", memory: "1024Mi" } }, ports: [{ containerPort: 80 }],
  }] },
}`;
const program = (v: Variant = {}): string => `${head}
const space = new k8s.core.v1.Namespace("space", { metadata: { name: "space" } }, ${options});
const namespace = space.metadata.name;
const settings = new k8s.core.v1.ConfigMap("settings", {
  metadata: { namespace, labels: { colour: "${v.colour ?? "red"}" } }, data: { key: "value" },
}, ${options});
new k8s.core.v1.Secret("keys", {
  metadata: { name: "${v.named ?? "keys"}", namespace }, stringData: { word: secret },
}, ${options});
new k8s.apps.v1.Deployment("web", {
  metadata: { name: "web", namespace, annotations: { "pulumi.com/skipAwait": "true" } },
  spec: { replicas: ${v.replicas ?? 1}, selector: { matchLabels: { app: "${v.selector ?? "web"}" } },
    template: ${template(v.selector ?? "web")} },
}, ${options});
export const settingsName = settings.metadata.name;
export const uid = settings.metadata.uid;
`;
const web = "/apis/apps/v1/namespaces/space/deployments/web";
const configMap = (name: string): string => `/api/v1/namespaces/space/configmaps/${name}`;

describe.skipIf(built === undefined)("the kubernetes plugin against a real API server", () => {
  let kubernetes: Kubernetes;
  let project: Project;
  const run = async (...args: string[]): Promise<string> => {
    const { status, output } = await project.start(args).done;
    if (status !== 0) throw new Error(output);
    return output;
  };
  const up = (): Promise<string> => run("up", "--yes", "--skip-preview");
  const refused = async (started: Run): Promise<string> => {
    const { status, output } = await started.done;
    expect(status, output).not.toBe(0);
    return output;
  };
  const settingsName = (): string => String(project.outputs().settingsName);
  beforeAll(async () => {
    kubernetes = await Kubernetes.start(built ?? "");
    project = new Project(program());
    project.mustRun("config", "set", "--secret", "kubeconfig", kubernetes.kubeconfig());
    project.mustRun("config", "set", "--secret", "secret", "a-well-kept-word");
    await up();
  }, 180_000);
  afterAll(() => {
    project.remove();
    kubernetes.stop();
  });

  test("makes the objects, and gives a name to the one without", async () => {
    expect(settingsName()).toMatch(/^settings-[0-9a-f]{8}$/);
    const live = await kubernetes.get(configMap(settingsName()));
    expect(live.metadata.annotations).toEqual({ "pulumi.com/autonamed": "true" });
    expect(live.metadata.uid).toBe(project.outputs().uid);
    expect(
      live.metadata.managedFields?.map(({ manager, operation }) => [manager.slice(0, 18), operation]),
    ).toEqual([["pulumi-kubernetes-", "Apply"]]);
    expect(project.resource("web").id).toBe("space/web");
    expect(project.resource("space").id).toBe("space");
  });

  test("a second run finds nothing to do, before and after a refresh", async () => {
    expect(new Set(Object.values(project.plan()))).toEqual(new Set(["same"]));
    await run("refresh", "--yes", "--expect-no-changes");
    expect(new Set(Object.values(project.plan()))).toEqual(new Set(["same"]));
  });

  test("no secret stands in the state in clear, in whatever form the server gives it back", () => {
    const state = project.stateText();
    for (const word of ["a-well-kept-word", Buffer.from("a-well-kept-word").toString("base64")]) {
      expect(state).not.toContain(word);
    }
  });

  test("a change of labels and of replicas is an update in place", async () => {
    const before = await kubernetes.get(web);
    project.program(program({ colour: "blue", replicas: 2 }));
    expect(project.plan()).toMatchObject({ settings: "update", web: "update", keys: "same", space: "same" });
    await up();
    expect((await kubernetes.get(configMap(settingsName()))).metadata.labels).toEqual({ colour: "blue" });
    expect(await kubernetes.get(web)).toMatchObject({
      metadata: { uid: before.metadata.uid },
      spec: { replicas: 2 },
    });
  });

  test("a preview says which field changes, and shows no secret", () => {
    project.program(program({ colour: "green", replicas: 2 }));
    const printed = project.mustRun("preview", "--diff");
    expect(printed).toMatch(/colour: "blue" => "green"/);
    expect(printed).not.toContain("a-well-kept-word");
  });

  test("another selector makes the deployment anew, the old one first, since both have one name", async () => {
    const before = await kubernetes.get(web);
    project.program(program({ colour: "blue", replicas: 2, selector: "site" }));
    expect(project.planned("web")).toBe("replace");
    await up();
    expect((await kubernetes.get(web)).metadata.uid).not.toBe(before.metadata.uid);
  });

  test("another name makes the object anew, and the old one goes", async () => {
    project.program(program({ colour: "blue", replicas: 2, selector: "site", named: "others" }));
    expect(project.planned("keys")).toBe("replace");
    await up();
    expect(await kubernetes.find("/api/v1/namespaces/space/secrets/keys")).toBeUndefined();
    expect((await kubernetes.get("/api/v1/namespaces/space/secrets/others")).data).toEqual({
      word: Buffer.from("a-well-kept-word").toString("base64"),
    });
  });

  test("what kubectl changed is shown by a preview that refreshes, and put right", async () => {
    await kubernetes.edit(web, (object) => (object.spec = { ...object.spec, replicas: 5 }), "kubectl-edit");
    expect(project.mustRun("preview", "--refresh", "--diff")).toMatch(/replicas\s*: 5 => 2/);
    await run("up", "--yes", "--skip-preview", "--refresh");
    expect(await kubernetes.get(web)).toMatchObject({ spec: { replicas: 2 } });
  });

  test("what another manager holds is refused with its name, and taken by patchForce", async () => {
    await kubernetes.edit(web, (object) => (object.spec = { ...object.spec, replicas: 7 }), "autoscaler");
    const wanted = program({ colour: "blue", replicas: 3, selector: "site", named: "others" });
    project.program(wanted);
    const output = await refused(project.start(["up", "--yes", "--skip-preview"]));
    expect(output).toMatch(/somebody else manages fields .*autoscaler.*replicas.*patchForce: "true"/s);
    expect(await kubernetes.get(web)).toMatchObject({ spec: { replicas: 7 } });
    project.program(
      wanted.replace(
        `"pulumi.com/skipAwait": "true"`,
        `"pulumi.com/skipAwait": "true", "pulumi.com/patchForce": "true"`,
      ),
    );
    await up();
    expect(await kubernetes.get(web)).toMatchObject({ spec: { replicas: 3 } });
    await run("refresh", "--yes", "--expect-no-changes");
  });

  test("what was deleted by hand is made again after a refresh", async () => {
    const name = settingsName();
    await kubernetes.send("DELETE", configMap(name));
    project.program(program({ colour: "red", replicas: 3, selector: "site", named: "others" }));
    expect(await refused(project.start(["up", "--yes", "--skip-preview"]))).toContain(
      `ConfigMap space/${name} is gone: somebody deleted it; run pulumi refresh`,
    );
    await run("refresh", "--yes");
    expect(project.planned("settings")).toBe("create");
    await up();
    expect(await kubernetes.find(configMap(settingsName()))).toBeDefined();
  });

  test("an object that is there can be imported and read by its id", async () => {
    await kubernetes.send("POST", "/api/v1/namespaces/default/configmaps", {
      metadata: { name: "older" },
      data: { from: "kubectl" },
    });
    const before = program({ colour: "blue", replicas: 3, selector: "site", named: "others" });
    project.program(`${before}
new k8s.core.v1.ConfigMap("older", { metadata: { name: "older", namespace: "default" }, data: { from: "kubectl" } },
  { provider, import: "default/older" });
export const read = k8s.core.v1.ConfigMap.get("read", "default/older", ${options}).data["from"];
`);
    expect(project.planned("older")).toBe("import");
    await up();
    expect(project.planned("older")).toBe("same");
    expect(project.outputs().read).toBe("kubectl");
  });

  test("a mistake is told in a sentence before anything is made", async () => {
    project.program(`${head}
new k8s.core.v1.ConfigMap("typo", { metadata: { name: "typo", label: "x" } } as any, ${options});`);
    expect(await refused(project.start(["preview"]))).toContain("metadata.label is not a property here");
    project.program(`${head}
new k8s.core.v1.ConfigMap("lost", { metadata: { name: "lost", namespace: "nowhere" } }, ${options});`);
    expect(project.planned("lost")).toBe("create");
  });

  test("destroy waits until everything is gone", async () => {
    await run("destroy", "--yes");
    expect(await kubernetes.find("/api/v1/namespaces/space")).toBeUndefined();
    expect(await kubernetes.find(web)).toBeUndefined();
  });
});
