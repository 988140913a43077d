import { describe, expect, it } from "vitest";
import { painter } from "../terminal";
import { page, verdict } from "./page";
import { previewOf } from "./preview";

const step = (op: string, name: string) => ({
  op,
  urn: `urn:pulumi:storage::homelab::homelab:index:PostgresNode$homelab:remote:Unit::${name}`,
  newState: { inputs: { password: "correct horse" } },
});
const answer = (...steps: readonly object[]) => JSON.stringify({ steps, changeSummary: {} });
const shown = (...previews: readonly ReturnType<typeof previewOf>[]) => {
  const status = { nodes: [], replication: [], cluster: [], previews };
  return { verdict: verdict(status), text: page(status, painter({}, {})) };
};

describe("the previews of `homelab status`", () => {
  it("say that a stack has no changes", () => {
    const preview = previewOf("storage", 0, answer(step("same", "postgres"), step("read", "seen")), "");
    expect(shown(preview)).toEqual({ verdict: 0, text: "\nStacks\n  storage  no changes\n" });
  });

  it("name what would change, a replacement once, and nothing of a resource's values", () => {
    const steps = ["create-replacement", "replace", "delete-replaced"].map((op) => step(op, "key"));
    const preview = previewOf("storage", 0, answer(step("update", "postgres-unit"), ...steps), "");
    const { verdict, text } = shown(preview);
    expect(verdict).toBe(1);
    expect(text).toContain("storage  2 changes: update postgres-unit, replace key\n");
    expect(JSON.stringify(preview)).not.toContain("correct horse");
  });

  it("name five changes and count the rest", () => {
    const steps = [1, 2, 3, 4, 5, 6, 7].map((n) => step("create", `unit-${n}`));
    expect(shown(previewOf("desktop", 0, answer(...steps), "")).text).toContain("create unit-5 and 2 more\n");
  });

  it("say the program's own error when it refuses", () => {
    const diagnostics = [
      { severity: "warning", message: "old plugin" },
      { severity: "error", message: "error: homelab:postgres.port: 99999 is no port.\nmore" },
    ];
    const { verdict, text } = shown(previewOf("compute", 255, JSON.stringify({ diagnostics }), ""));
    expect(verdict).toBe(1);
    expect(text).toContain("compute  could not be previewed: homelab:postgres.port: 99999 is no port.\n");
  });

  it("say what Pulumi wrote when it never came to an answer", () => {
    const preview = previewOf("compute", 255, "", "\nerror: no stack named 'compute' found\n");
    expect(preview).toEqual({ node: "compute", problem: "no stack named 'compute' found" });
    expect(previewOf("compute", 3, "", "")).toEqual({ node: "compute", problem: "pulumi ended with 3" });
  });

  it("never take an answer that cannot be read for no changes", () => {
    expect(previewOf("storage", 0, "not json", "")).toHaveProperty("problem");
    expect(previewOf("storage", 0, '{"steps": [{"op": 1}]}', "")).toHaveProperty("problem");
    expect(previewOf("storage", 0, "{}", "")).toHaveProperty("problem");
  });
});
