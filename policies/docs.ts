/** Writes docs/policies.md from the rules' own documentation: `tsx policies/docs.ts`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Rule } from "./engine/verdicts";
import { rows, tableOf } from "./places/table";
import { rules } from "./rules";

/** Where the page is. */
export const page = join(__dirname, "..", "docs", "policies.md");

/** The page as the rules have it now. */
export async function policiesPage(): Promise<string> {
  return [
    "<!-- Made by `npx tsx policies/docs.ts` from policies/rules. Change the rules, not this page. -->",
    "",
    "# The placement rule",
    "",
    "Persistent data never lives on on-demand nodes. Such a node may be powered off or rebuilt at any time, so nothing on it may be the only copy of something that cannot be made again. A node whose name the topology does not know counts as on-demand. What is not known in preview counts as the worst case.",
    "",
    "A workload lands on an on-demand node if its placement does not exclude it: `nodeName`, `nodeSelector`, required node affinity, taints and tolerations, the host of a docker provider or of an SSH connection. Preferred affinity excludes nothing.",
    "",
    "## Checking files",
    "",
    "```sh",
    "npx homelab policy check --node compute path/to/manifests compose.yaml",
    "```",
    "",
    "With `--node`, everything is taken to land on that node, whatever placement it states: the question before something is moved there. Without it, the stated placement counts, against the topology (`--topology FILE`, by default `topology.yaml`). `--network-class NAME` adds a storage class whose storage is off the node. `--output json` answers for programs. Exit code: 0 nothing found, 1 violations, 2 something could not be judged (it is named, the rest is still judged).",
    "",
    "As a step of a workflow and as a pre-commit hook: [policy-check.md](policy-check.md).",
    "",
    "## Declaring something ephemeral",
    "",
    "Where losing the data costs nothing, say so where it is used, with the reason: on the pod template, the container or the unit. Without a reason there is no exemption; every exemption is listed in every report.",
    "",
    "```yaml",
    "metadata:",
    "  annotations:",
    "    homelab.dev/ephemeral: model weights are downloaded again from their registry",
    "    homelab.dev/ephemeral-volumes: models # optional: only these volumes",
    "```",
    "",
    ...rules.flatMap(section),
    "## The same in five places",
    "",
    "The rule is asked in five places, and each fixture that one object can say alone is judged by all of them: the command that checks files, the policy pack, a `pulumi up` without a pack, the admission policies in a real API server, and the audit of the node on which the object ran. The command is asked about a move to the on-demand node (`--node`), unless the fixture states a placement; the audit is shown the traces that the object would leave.",
    "",
    "- **refused**: it breaks the rule. The audit lists something that would be lost.",
    "- **exempt**: it is declared ephemeral, with a reason. Admission lets it pass.",
    "- **ok**: nothing is found. **error**: it cannot be judged, which the command says with exit code 2 and the others by refusing.",
    "- **–**: the place cannot say anything of it. A number after an answer leads to the reason why a place says something else.",
    "",
    ...tableOf(await rows()),
    "",
  ].join("\n");
}

function section(rule: Rule): readonly string[] {
  return [
    `## ${rule.name}`,
    "",
    `**${rule.title}.** ${rule.why}`,
    "",
    "A violation:",
    "",
    ...rule.violations.map((sentence) => `- ${sentence}`),
    "",
    "Not a violation:",
    "",
    ...rule.allowed.map((sentence) => `- ${sentence}`),
    "",
    `The way out: ${rule.wayOut}`,
    "",
  ];
}

async function main(): Promise<void> {
  writeFileSync(page, await policiesPage());
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
