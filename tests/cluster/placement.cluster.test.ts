import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Project } from "../../packages/plugins/testing/project";
import { errorMessage } from "../../packages/errors";
import { lab } from "../support/lab";
import { refresh, up, well } from "../support/stack";
import { apply, get, kubectl, onDemandToleration, pods, ready, sleeper, until } from "./kubectl";

/** The placement rule in the cluster, put there by storage's stack: whoever asks is held to it. */

const refusal =
  "node-local-claim: the claim kept is of the class local-path, which is not in the list of network classes. Use a storage class from the topology's list of network classes, run it on an always-on node, or say with homelab.dev/ephemeral";

const claim = (name: string) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name },
  spec: {
    storageClassName: "local-path",
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "1Gi" } },
  },
});
const keeper = (name: string, node: string, claimName = "kept") =>
  sleeper(
    name,
    {
      nodeSelector: { "kubernetes.io/hostname": node },
      tolerations: [onDemandToleration],
      volumes: [{ name: "kept", persistentVolumeClaim: { claimName } }],
    },
    { volumeMounts: [{ name: "kept", mountPath: "/kept" }] },
  );
/** What a command says when it fails. */
function refused(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return errorMessage(error);
  }
  return "";
}
const runs = (name: string) => until(`${name} runs`, 90, () => ready(`app=${name}`).length === 1);
const clean = () => {
  kubectl(["delete", "deployments,pods,persistentvolumeclaims", "--all", "--force", "--ignore-not-found"]);
};

beforeAll(async () => {
  clean();
  apply(claim("kept"));
  // What is compared with the claims of a namespace sees a new one a moment later.
  await until("the claim is known", 60, () => {
    if (refused(() => apply(keeper("probe", "compute"))).includes(refusal)) return true;
    kubectl(["delete", "pod", "probe", "--force", "--ignore-not-found"]);
    return false;
  });
});
afterAll(clean);

describe("a pod with a local-path claim is refused for compute with the rule's sentence, and accepted for storage", () => {
  it("by kubectl", async () => {
    expect(refused(() => apply(keeper("by-kubectl", "compute")))).toContain(refusal);
    apply(keeper("by-kubectl", "storage"));
    await runs("by-kubectl");
    kubectl(["delete", "pod", "by-kubectl"]);
  });

  it("by Helm", async () => {
    const helm = (node: string) =>
      lab(
        "helm",
        "upgrade",
        "--install",
        "by-helm",
        join(__dirname, "chart"),
        "--set",
        `node=${node},claim=kept`,
      );
    expect(refused(() => helm("compute"))).toContain(refusal);
    expect(pods("app=by-helm")).toEqual([]);
    helm("storage");
    await runs("by-helm");
    lab("helm", "uninstall", "by-helm");
  });

  it("by Pulumi", () => {
    const project = new Project(`import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
const provider = new k8s.Provider("cluster", { kubeconfig: config.requireSecret("kubeconfig"), clusterIdentifier: "lab" });
const pod = JSON.parse(config.require("pod"));
new k8s.core.v1.Pod(pod.metadata.name, pod, { provider });
`);
    try {
      project.mustRun(
        "config",
        "set",
        "--secret",
        "kubeconfig",
        readFileSync(join(__dirname, "../../lab/state/kubeconfig"), "utf8"),
      );
      const on = (node: string) =>
        project.mustRun("config", "set", "pod", JSON.stringify(keeper("by-pulumi", node)));
      on("compute");
      expect(refused(() => project.up())).toContain(refusal);
      on("storage");
      project.up();
      expect(pods("app=by-pulumi").map(({ spec }) => spec.nodeName)).toEqual(["storage"]);
      project.mustRun("destroy", "--yes");
    } finally {
      project.remove();
    }
  });
});

describe("the rule in the cluster", () => {
  it("refuses a Deployment at once, not only the pods that it would make", () => {
    const { metadata, spec } = keeper("d", "compute") as { metadata: object; spec: object };
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d" },
      spec: { selector: { matchLabels: { app: "d" } }, template: { metadata, spec } },
    };
    expect(refused(() => apply(deployment))).toContain(refusal);
  });

  it("lets no volume be made on compute when the claim and its pod come in the same moment", async () => {
    const together = refused(() => apply(claim("late"), keeper("hurried", "compute", "late")));
    if (together === "") {
      // The pod was faster than the news of the claim; then the claim is what is refused a node.
      await until("the scheduler is told", 60, () =>
        kubectl([
          "get",
          "events",
          "--field-selector",
          "involvedObject.name=hurried",
          "-o",
          "jsonpath={.items[*].message}",
        ]).includes("node-local-claim: the pod hurried waits for the claim late"),
      );
      expect(pods("app=hurried")[0]?.status.phase).toBe("Pending");
    } else expect(together).toContain("node-local-claim");
    expect((get("pvc", "late") as { status: { phase: string } }).status.phase).toBe("Pending");
    kubectl(["delete", "pod,pvc", "hurried", "late", "--force", "--ignore-not-found"]);
  });

  it("is put back by the stack when somebody takes it away", () => {
    const names = () =>
      kubectl(["get", "validatingadmissionpolicies,validatingadmissionpolicybindings", "-o", "name"])
        .split("\n")
        .sort();
    const before = names();
    expect(before).toHaveLength(8);
    kubectl(["delete", "validatingadmissionpolicybinding", "homelab-placement-pods"]);
    well(refresh("storage"));
    well(up("storage"));
    expect(names()).toEqual(before);
  });
});
