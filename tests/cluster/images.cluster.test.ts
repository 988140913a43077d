import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onNode } from "../support/lab";
import { apply, k3sOf, kubectl, onDemandToleration, ready, until } from "./kubectl";

/** The images that `lab/cluster on` makes: K3s imported each from its archive, and it runs on compute. */

const lab = "localhost/homelab-lab";
const ask = (url: string, body?: object) =>
  [
    "import json, urllib.request as u",
    `q = u.Request(${JSON.stringify(url)}, data=${body === undefined ? "None" : `json.dumps(json.loads(${JSON.stringify(JSON.stringify(body))})).encode()`}, headers={"Content-Type": "application/json"})`,
    "print(u.urlopen(q, timeout=60).read().decode())",
  ].join("\n");

interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value: string }[];
  readinessProbe?: object;
}
const probe = (port: number, path: string) => ({
  readinessProbe: { httpGet: { port, path }, periodSeconds: 1, failureThreshold: 60 },
});
const containers: Container[] = [
  { name: "dagster", image: `${lab}/dagster-k8s:1.13.27`, command: ["sleep", "10000"] },
  { name: "mlflow", image: `${lab}/mlflow:v3.17.2`, command: ["sleep", "10000"] },
  {
    name: "llama-cpp",
    image: `${lab}/llama.cpp:server`,
    args: ["--port", "8081", "--embeddings", "--model", "/usr/share/lab-models/all-minilm.gguf"],
    ...probe(8081, "/health"),
  },
  { name: "ollama", image: `${lab}/ollama:0.17.4`, ...probe(11434, "/") },
  {
    name: "vllm",
    image: `${lab}/vllm-openai:stand-in`,
    args: ["--model", "lab/nothing"],
    ...probe(8000, "/health"),
  },
];
const told: string[] = [];
const inside = (container: string, ...command: string[]) =>
  kubectl(["exec", "images", "-c", container, "--", "timeout", "100", ...command]);
/** From Dagster's container, which has a Python: all five share a loopback. */
const answer = (url: string, body?: object): unknown =>
  JSON.parse(inside("dagster", "python3", "-c", ask(url, body)));

const remove = () => kubectl(["delete", "pod", "images", "--force", "--ignore-not-found"]);
beforeAll(async () => {
  remove();
  apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "images", labels: { app: "images" } },
    spec: {
      terminationGracePeriodSeconds: 1,
      nodeSelector: { "kubernetes.io/hostname": "compute" },
      tolerations: [onDemandToleration],
      containers: containers.map((one) => ({ ...one, imagePullPolicy: "Never" })),
    },
  });
  const seconds = await until(
    "the pod with all images is ready",
    180,
    () => ready("app=images").length === 1,
  );
  told.push(`images unpacked, and what runs in them ready: ${seconds.toFixed(1)} s`);
}, 200_000);
afterAll(() => {
  remove();
  console.log(told.join("\n"));
});

describe("images for what runs on compute", { timeout: 120_000 }, () => {
  it("are linked for K3s, not copied", () => {
    const links = onNode(
      "compute",
      "find /srv/homelab/k3s/agent/images -type l -name 'homelab-*.tar' | wc -l",
    );
    expect(links.trim()).toBe(String(containers.length));
    expect(onNode("compute", "find /srv/homelab/k3s/agent/images -type f").trim()).toBe("");
  });

  it("are there as before when K3s has restarted", async () => {
    const imported = () =>
      onNode("compute", `${k3sOf("k3s-agent")} ctr images ls | awk '/homelab-lab/ { print $1, $3 }' | sort`);
    const before = imported();
    expect(before.trim().split("\n")).toHaveLength(containers.length);
    onNode("compute", "systemctl restart k3s-agent");
    // The kubelet starts after the images; the server would take the node for ready for a while in any case.
    const seconds = await until("the kubelet is healthy again", 60, () =>
      onNode("compute", "curl -fsS -m 2 http://127.0.0.1:10248/healthz || true").includes("ok"),
    );
    // It answers before it knows its pods.
    await until("it knows its pods again", 60, () => {
      try {
        return inside("dagster", "true") === "";
      } catch {
        return false;
      }
    });
    told.push(`restart of K3s with the images there: ${seconds.toFixed(1)} s`);
    expect(imported()).toBe(before);
  });

  it("have Dagster and MLflow in their exact versions", () => {
    expect(inside("dagster", "dagster", "--version")).toContain("1.13.27");
    expect(inside("dagster", "dagster-webserver", "--version")).toContain("1.13.27");
    expect(inside("mlflow", "mlflow", "--version")).toContain("3.17.2");
  });

  it("have llama.cpp and Ollama with a real embedding model: both say the same of a sentence", () => {
    const sentence = "The compute node may vanish at any time.";
    const embed = (url: string) => {
      const body = { model: "all-minilm", input: sentence };
      const { data } = answer(url, body) as { data: [{ embedding: number[] }] };
      return data[0].embedding;
    };
    const [one, other] = [
      embed("http://127.0.0.1:8081/v1/embeddings"),
      embed("http://127.0.0.1:11434/v1/embeddings"),
    ];
    expect([one.length, other.length]).toEqual([384, 384]);
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
    expect(dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other))).toBeGreaterThan(0.99);
  });

  it("have vLLM's answers without a model", () => {
    expect(answer("http://127.0.0.1:8000/v1/models")).toMatchObject({ data: [{ id: "lab/nothing" }] });
  });
});
