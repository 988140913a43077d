import { describe, expect, it } from "vitest";
import { judge } from "../../policies/engine/judge";
import { readFiles } from "../../policies/readers/files/read";
import type { Node } from "../../topology";
import { alwaysOn } from "../testing";
import { qdrant, qdrantSchema, reason } from ".";

const compute: Node = {
  ...alwaysOn("desktop"),
  name: "compute",
  address: "10.0.0.3",
  lifecycle: "on-demand",
};
const topology = {
  nodes: [
    { name: "compute", lifecycle: "on-demand" as const, addresses: ["10.0.0.3"], labels: {}, taints: [] },
  ],
  networkClasses: [],
};
const rendered = (settings: object = {}) => qdrant(compute, qdrantSchema.parse(settings), "homelab-compute");
type Rendered = ReturnType<typeof rendered>;

/** What the placement rule says of the Deployment, changed by `change`. */
function judged(change: (deployment: Rendered) => void) {
  const deployment = rendered();
  change(deployment);
  const text = JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", ...deployment });
  const { facts, errors } = readFiles([{ path: "qdrant.json", text }], {
    read: () => undefined,
    filesIn: () => [],
  });
  expect([...errors]).toEqual([]);
  const { violations, exemptions } = judge(facts, topology);
  return {
    violations: violations.map(({ rule }) => rule),
    exemptions: exemptions.map((exemption) => exemption.reason),
  };
}
const undeclared = ({ spec }: Rendered) => {
  spec.template.metadata.annotations = {} as Rendered["spec"]["template"]["metadata"]["annotations"];
};
/** Its storage on the node's own disk instead of with the pod. */
const onTheNode = ({ spec }: Rendered) => {
  Object.assign(spec.template.spec, {
    volumes: spec.template.spec.volumes.map(({ name }) => ({
      name,
      hostPath: { path: `/srv/qdrant/${name}` },
    })),
  });
};

describe("Qdrant on compute", () => {
  it("is accepted by the placement rule: what it stores goes with the pod, and why that costs nothing is said", () => {
    expect(judged(() => undefined)).toEqual({ violations: [], exemptions: [] });
    const { annotations } = rendered().spec.template.metadata;
    expect(annotations).toEqual({
      "homelab.dev/ephemeral": "derived from PostgreSQL, rebuilt by one command",
      "homelab.dev/ephemeral-volumes": "storage,snapshots,init",
    });
  });

  it("with its storage on the node's disk is exempted by the reason alone, and refused without", () => {
    const exempted = judged(onTheNode);
    expect(exempted.violations).toEqual([]);
    expect(new Set(exempted.exemptions)).toEqual(new Set([reason]));
    const refused = judged((deployment) => {
      onTheNode(deployment);
      undeclared(deployment);
    });
    expect(new Set(refused.violations)).toEqual(new Set(["writable-host-path"]));
    expect(refused.exemptions).toEqual([]);
  });

  it("without a volume is refused, because its image's own directory is one on the node", () => {
    const refused = judged((deployment) => {
      undeclared(deployment);
      for (const container of deployment.spec.template.spec.containers) container.volumeMounts = [];
    });
    expect(refused.violations).toEqual(["database-without-volume"]);
  });

  it("begins empty, because PostgreSQL's watermark is true of nothing that a power cut may have shortened", () => {
    const { initContainers, volumes } = rendered().spec.template.spec;
    expect(initContainers).toMatchObject([
      { command: ["find", "/qdrant/storage", "-mindepth", "1", "-delete"] },
    ]);
    expect(volumes).toEqual([
      { name: "storage", emptyDir: { sizeLimit: "10Gi" } },
      { name: "snapshots", emptyDir: {} },
      { name: "init", emptyDir: {} },
    ]);
  });

  it("runs on the node that is named and no other, on the port of the settings", () => {
    const { spec } = rendered({ port: 7333 }).spec.template;
    expect(spec.nodeSelector).toEqual({ "kubernetes.io/hostname": "compute" });
    expect(spec.containers).toMatchObject([
      {
        image: expect.stringMatching(/^docker\.io\/qdrant\/qdrant:v1\.18\.2/) as string,
        ports: [{ containerPort: 7333, hostPort: 7333 }],
        env: expect.arrayContaining([{ name: "QDRANT__SERVICE__HTTP_PORT", value: "7333" }]) as unknown[],
      },
    ]);
  });

  it("is off by default, and takes an exact image only", () => {
    expect(qdrantSchema.parse({}).enabled).toBe(false);
    expect(qdrantSchema.safeParse({ image: "docker.io/qdrant/qdrant" }).success).toBe(false);
    expect(qdrantSchema.safeParse({ memory: "2 GB" }).success).toBe(false);
  });
});
