import { describe, expect, it } from "vitest";
import type { Node } from "../topology";
import { computeSchema, runningServices } from "../services";
import { checkSettings, loadSettings } from ".";
import { onNodes, refusals } from "./testing";

const around = { home: "/home/ada", exists: () => true };
const node: Node = {
  name: "compute",
  address: "10.0.0.3",
  lifecycle: "on-demand",
  memoryBytes: 16 * 1024 ** 3,
  hostKey: "ssh-ed25519 AAAA",
  ssh: { user: "root", port: 22 },
};

function wrong(compute: object, k3s: object = { enabled: true }): readonly string[] {
  const config = { "homelab:compute": JSON.stringify(compute), "homelab:k3s": JSON.stringify(k3s) };
  return refusals(() => {
    checkSettings(loadSettings("compute", config, around), "compute", onNodes({ compute: node }));
  });
}
const on = (more: object) => ({ enabled: true, ...more });

describe("homelab:compute", () => {
  it("is off without any configuration, and complete when it is only switched on", () => {
    expect(runningServices(computeSchema.parse({}))).toEqual([]);
    expect(wrong(on({}))).toEqual([]);
    expect(runningServices(computeSchema.parse(on({})))).toEqual(["dagster", "mlflow", "llamaCpp", "ollama"]);
  });

  it("runs vLLM where there is a GPU, or where it is asked for", () => {
    const vllmRuns = (settings: object) =>
      runningServices(computeSchema.parse(on(settings))).includes("vllm");
    expect(vllmRuns({ gpu: { enabled: true } })).toBe(true);
    expect(vllmRuns({ vllm: { enabled: true } })).toBe(true);
    expect(vllmRuns({ gpu: { enabled: true }, vllm: { enabled: false } })).toBe(false);
  });

  const cases: [string, object, RegExp][] = [
    [
      "a misspelt service",
      on({ mlfow: {} }),
      /^homelab:compute\.mlfow is not a known key; known here: enabled, namespace/,
    ],
    ["a moving tag", on({ ollama: { image: "docker.io/ollama/ollama:latest" } }), /with an exact tag/],
    [
      "a size that Kubernetes does not know",
      on({ mlflow: { memory: "1GB" } }),
      /^homelab:compute\.mlflow\.memory is "1GB": it must be a size as Kubernetes writes it/,
    ],
    ["cores in words", on({ vllm: { cpu: "two" } }), /cpu is "two": it must be a number of cores/],
    [
      "a package without a version",
      on({ dagster: { packages: ["duckdb"] } }),
      /packages\.0 is "duckdb": it must be a Python package with its exact version/,
    ],
    [
      "a model that is none",
      on({ llamaCpp: { model: "tiny" } }),
      /model is "tiny": it must be the name of a model/,
    ],
    [
      "a cache that is one of the system's own",
      on({ modelCache: "/etc" }),
      /modelCache is "\/etc": it must be an absolute directory/,
    ],
    [
      "a port taken twice",
      on({ mlflow: { port: 3300 } }),
      /^homelab:compute\.mlflow\.port is 3300: homelab:compute\.dagster\.port has this port already/,
    ],
    [
      "the port of SSH",
      on({ ollama: { port: 22 } }),
      /ollama\.port is 22: nodes\.compute\.ssh\.port has this port already/,
    ],
    ["neither true nor false", on({ vllm: { enabled: "maybe" } }), /must be true, false or with-gpu/],
  ];
  it.each(cases)("refuses %s", (_what, settings, expected) => {
    expect(wrong(settings).join("\n")).toMatch(expected);
    expect(wrong(settings)).toHaveLength(1);
  });

  it("asks for the cluster, and not where nothing runs", () => {
    expect(wrong(on({}), {})).toEqual([
      "homelab:compute.enabled is true, and homelab:k3s.enabled is not: what runs on compute runs in the cluster, so set both.",
    ]);
    expect(wrong({}, {})).toEqual([]);
  });

  it("lets a service that is off share a port", () => {
    expect(wrong(on({ mlflow: { port: 3300 }, dagster: { enabled: false } }))).toEqual([]);
  });
});
