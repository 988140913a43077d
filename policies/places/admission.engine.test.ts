import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtServer, startCluster, until, type Cluster } from "../../tests/support/api-server";
import { admissionObjects } from "../admission";
import { fixtureTopology } from "../fixtures";
import { at, text } from "../readers/values";
import type { Values } from "../readers/values";
import { told } from "./admission";
import { alone } from "./alone";
import { collectionOf, completed } from "./objects";

const built = builtServer();
if (built === undefined) {
  process.stderr.write("admission is not tested on a real API server: run lab/kubernetes/program.sh build\n");
}

describe.skipIf(built === undefined)("the fixtures that are one object, in a real API server", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(built ?? "");
    for (const object of admissionObjects(fixtureTopology)) {
      const plural = `${(text(at(object, "kind")) ?? "").toLowerCase()}s`.replace(/policys$/, "policies");
      const path = `/apis/admissionregistration.k8s.io/v1/${plural}`;
      const { status, body } = await cluster.ask("POST", path, object);
      expect(status, body.message).toBe(201);
    }
    // The server takes up each policy by itself, in no order.
    for (const probe of probes) await until(async () => (await asked(probe)).startsWith("refused"), 60_000);
  }, 180_000);
  afterAll(() => {
    cluster.stop();
  });

  const asked = async (object: Values): Promise<string> => {
    const path = `${collectionOf(object) ?? ""}?dryRun=All`;
    const { status, body } = await cluster.ask("POST", path, completed(object));
    if (status === 201) return "ok";
    const rule = /denied request: ([a-z-]+):/.exec(body.message ?? "")?.[1];
    return status === 403 && rule !== undefined ? `refused ${rule}` : "invalid";
  };

  it("are answered as admission.json says, which the table of the five places shows", async () => {
    const answers: Record<string, string> = {};
    for (const one of alone()) {
      if (one.form === "object" && collectionOf(one.value) !== undefined) {
        answers[one.name] = await asked(one.value);
      }
    }
    expect(Object.keys(answers).length).toBeGreaterThan(50);
    await expect(`${JSON.stringify(answers, undefined, 2)}\n`).toMatchFileSnapshot(told);
  });
});

/** One for each policy that judges an object by itself. */
const probes: readonly Values[] = [
  {
    apiVersion: "v1",
    kind: "Pod",
    spec: {
      containers: [{ name: "c", image: "busybox", volumeMounts: [{ name: "v", mountPath: "/v" }] }],
      volumes: [{ name: "v", hostPath: { path: "/srv" } }],
    },
  },
  { apiVersion: "v1", kind: "PersistentVolume", spec: { hostPath: { path: "/srv" } } },
];
