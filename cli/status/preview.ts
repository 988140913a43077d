import { spawn } from "node:child_process";
import { z } from "zod";
import { nodeNames, type NodeName } from "../../topology/names";

/** What `pulumi up` would do to a stack, or why that is not known. */
export type StackPreview =
  | { readonly node: NodeName; readonly changes: readonly Change[] }
  | { readonly node: NodeName; readonly problem: string };

export interface Change {
  /** As Pulumi names it: create, update, replace, delete. */
  readonly operation: string;
  readonly resource: string;
}

/** Pulumi's own JSON has each resource's inputs and outputs too: nothing of them is read. */
const shape = z.object({
  steps: z.array(z.object({ op: z.string(), urn: z.string() })).optional(),
  diagnostics: z.array(z.object({ severity: z.string().optional(), message: z.string() })).default([]),
});

/** Steps that leave a resource as it is, or belong to a replacement that is in the list already. */
const quiet = new Set(["same", "read", "refresh", "create-replacement", "delete-replaced"]);

/** Reads the answer of `pulumi preview --json`. Pure. */
export function previewOf(node: NodeName, code: number, stdout: string, stderr: string): StackPreview {
  const answer = shape.safeParse(parsed(stdout));
  const steps = answer.data?.steps;
  if (code === 0 && steps !== undefined) {
    const changes = steps
      .filter(({ op }) => !quiet.has(op))
      .map(({ op, urn }) => ({ operation: op, resource: urn.split("::").at(-1) ?? urn }));
    return { node, changes };
  }
  const told = answer.success
    ? answer.data.diagnostics.find(({ severity }) => severity === "error")
    : undefined;
  const lines = (told?.message ?? (stderr || stdout)).split("\n").map((line) => line.trim());
  const first = lines.find((line) => line !== "" && line !== "error:") ?? `pulumi ended with ${code}`;
  return { node, problem: first.replace(/^error: /, "") };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Previews all stacks at once.
 * @param program is called with a node's name and Pulumi's arguments; undefined: `pulumi`, with `--stack`
 */
export async function previewStacks(program: string | undefined): Promise<readonly StackPreview[]> {
  return Promise.all(nodeNames.map((node) => previewStack(node, program)));
}

function previewStack(node: NodeName, program: string | undefined): Promise<StackPreview> {
  const preview = ["preview", "--json", "--non-interactive"];
  const [command, args] =
    program === undefined ? ["pulumi", [...preview, "--stack", node]] : [program, [node, ...preview]];
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const text = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (part: string) => (text.stdout += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => (text.stderr += part));
    child.on("error", ({ message }) => {
      resolve({ node, problem: `${command} cannot be run: ${message}` });
    });
    child.on("close", (code) => {
      resolve(previewOf(node, code ?? 255, text.stdout, text.stderr));
    });
  });
}
