import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { pulumiHome, type PulumiHome } from "./stand-in/home";
import { pack, run, topologyText } from "./stand-in/run";

interface Step {
  /** Pulumi's command. */
  readonly run: "preview" | "up";
  /** Who judges. */
  readonly by: ("pack" | "guard")[];
  readonly exit: "ok" | "refused";
  /** Texts that must be seen. */
  readonly says?: string[];
  /** Texts that must not. */
  readonly never?: string[];
  /** Resources in the state afterwards, by name. */
  readonly made?: string[];
  readonly notMade?: string[];
  readonly config?: Record<string, string>;
  readonly env?: Record<string, string>;
  /** Changes of the topology: a node's lifecycle. */
  readonly lifecycle?: Record<string, string>;
}

interface Scenario {
  readonly title: string;
  readonly steps: Step[];
  readonly secrets?: Record<string, string>;
}

const folder = join(__dirname, "scenarios");
let home: PulumiHome;
beforeAll(() => {
  home = pulumiHome();
});
afterAll(() => {
  home.remove();
});

function namesInState(stack: string): string[] {
  const { said } = run(home, ["stack", "export", "--stack", stack]);
  return [...said.matchAll(/"urn": "urn:pulumi:[^"]*::([^":]+)"/g)].map((found) => found[1] ?? "");
}

describe.each(readdirSync(folder).filter((name) => !name.startsWith(".")))("the program %s", (name) => {
  const scenario = parse(readFileSync(join(folder, name, "scenario.yaml"), "utf8")) as Scenario;

  // Up to eight runs of Pulumi on a machine that may be busy.
  it(scenario.title, { timeout: 300_000 }, () => {
    const stack = `organization/homelab/${name}`;
    const configFile = join(home.folder, `${name}.yaml`);
    const topologyFile = join(home.folder, `${name}.topology.yaml`);
    const at = ["--stack", stack, "--config-file", configFile];
    const set = (kind: "--plaintext" | "--secret", values: Readonly<Record<string, string>>) => {
      const all = Object.entries(values).flatMap(([key, value]) => [kind, `${key}=${value}`]);
      const { code, said } = run(home, ["config", "set-all", ...at, ...all]);
      expect(code, said).toBe(0);
    };
    expect(run(home, ["stack", "init", "--stack", stack]).code).toBe(0);
    if (scenario.secrets !== undefined) set("--secret", scenario.secrets);
    for (const step of scenario.steps) {
      writeFileSync(topologyFile, topologyText(step.lifecycle ?? {}));
      set("--plaintext", {
        "homelab:scenario": name,
        "homelab:topology": topologyFile,
        "homelab:guard": String(step.by.includes("guard")),
        ...step.config,
      });
      const judges = step.by.includes("pack") ? ["--policy-pack", pack] : [];
      const how = step.run === "up" ? ["up", "--yes", "--skip-preview"] : ["preview"];
      const { code, said } = run(home, [...how, ...at, ...judges], step.env);
      const seen = said.replace(/\s+/g, " ");
      expect(code === 0 ? "ok" : "refused", said).toBe(step.exit);
      for (const text of step.says ?? []) expect(seen).toContain(text);
      for (const text of step.never ?? []) expect(seen).not.toContain(text);
      const made = step.made === undefined && step.notMade === undefined ? [] : namesInState(stack);
      for (const one of step.made ?? []) expect(made).toContain(one);
      for (const one of step.notMade ?? []) expect(made).not.toContain(one);
    }
    rmSync(configFile);
  });
});
