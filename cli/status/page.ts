import { columns } from "../terminal";
import type { Job } from "./jobs";
import type { NodeStatus } from "./nodes";
import type { StackPreview } from "./preview";

/** Puts a text into a colour, or leaves it as it is. */
export type Paint = (tone: "good" | "bad" | "doubtful", text: string) => string;

/** All that `homelab status` shows. */
export interface Status {
  readonly nodes: readonly NodeStatus[];
  /** The two PostgreSQL servers, where one follows the other: what, and how it is. */
  readonly replication: readonly (readonly [what: string, is: string])[];
  readonly cluster: readonly { readonly node: string; readonly ready: boolean; readonly cordoned: boolean }[];
  /** Of each stack, where they were asked for. */
  readonly previews?: readonly StackPreview[] | undefined;
}

/** 0: all is as it should be, as far as was seen; 1: something is not; 3: something did not answer. */
export function verdict({ nodes, cluster, previews = [] }: Status): 0 | 1 | 3 {
  const wrong = nodes.some(
    ({ power, services, jobs, warnings }) =>
      power === "unexpected" ||
      services.some(({ state }) => state !== "as declared" && state !== "not known") ||
      jobs.some(({ state }) => state !== "ok" && state !== "not yet") ||
      warnings.some((warning) => !warning.startsWith("in no backup yet")),
  );
  const off = new Set(nodes.filter(({ power }) => power === "off").map(({ node }) => node as string));
  if (previews.some((stack) => "problem" in stack || stack.changes.length > 0)) return 1;
  if (wrong || cluster.some(({ node, ready }) => !ready && !off.has(node))) return 1;
  const silent = nodes.some(
    ({ power, services, unanswered }) =>
      power === "not known" || unanswered.length > 0 || services.some(({ state }) => state === "not known"),
  );
  return silent ? 3 : 0;
}

export function page(status: Status, paint: Paint): string {
  const { nodes, replication, cluster } = status;
  const jobs = nodes.flatMap(({ node, jobs }) => jobs.map((job) => ({ node, job })));
  return [
    ...nodes.flatMap((node) => nodeLines(node, paint)),
    ...(jobs.length === 0 ? [] : ["", "Backups", ...jobLines(jobs, paint)]),
    ...nodes.flatMap(({ node, warnings }) =>
      warnings.map((warning) => `  ${paint("doubtful", `${node}: ${warning}`)}`),
    ),
    ...(replication.length === 0
      ? []
      : ["", "PostgreSQL and its standby", ...indented(columns(replication))]),
    ...(cluster.length === 0
      ? []
      : [
          "",
          "Cluster",
          ...indented(
            columns(
              cluster.map(({ node, ready, cordoned }) => [
                node,
                `${ready ? "ready" : "not ready"}${cordoned ? ", takes no new pods" : ""}`,
              ]),
            ),
          ),
        ]),
    "",
    ...(status.previews === undefined
      ? [
          "Services are compared with what was put there last. What the stack files would change: homelab status --preview",
        ]
      : ["Stacks", ...status.previews.map((stack) => `  ${stackLine(stack, paint)}`)]),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function stackLine(stack: StackPreview, paint: Paint): string {
  if ("problem" in stack) return `${stack.node}  ${paint("bad", `could not be previewed: ${stack.problem}`)}`;
  if (stack.changes.length === 0) return `${stack.node}  ${paint("good", "no changes")}`;
  const named = stack.changes.slice(0, 5).map(({ operation, resource }) => `${operation} ${resource}`);
  const more = stack.changes.length - named.length;
  const count = `${stack.changes.length} ${stack.changes.length === 1 ? "change" : "changes"}`;
  return `${stack.node}  ${paint("bad", count)}: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

function nodeLines({ node, power, says, services, unanswered }: NodeStatus, paint: Paint): string[] {
  const tone = power === "on" ? "good" : power === "unexpected" ? "bad" : "doubtful";
  const well = services.filter(({ state, why }) => state === "as declared" && why.length === 0);
  const notNoted = services.filter(({ state, why }) => state === "as declared" && why.length > 0);
  const others = services.filter(({ state }) => state !== "as declared");
  const width = Math.max(0, ...others.map(({ name }) => name.length));
  const listed = (them: typeof services) => them.map(({ name }) => name.replace(/\.service$/, "")).join(", ");
  return [
    `${node}  ${paint(tone, says)}`,
    ...others.map(
      ({ name, state, why }) =>
        `  ${name.padEnd(width)}  ${paint(state === "not known" ? "doubtful" : "bad", state)}${why.length > 0 ? `: ${why.join("; ")}` : ""}`,
    ),
    ...(well.length === 0 ? [] : [`  ${paint("good", "as declared")}: ${listed(well)}`]),
    ...(notNoted.length === 0
      ? []
      : [
          `  as declared and running, health not known (noted there with its next change): ${listed(notNoted)}`,
        ]),
    ...(unanswered.length === 0
      ? []
      : [`  ${paint("doubtful", `did not answer in time: ${unanswered.join(", ")}`)}`]),
  ];
}

function jobLines(jobs: readonly { readonly node: string; readonly job: Job }[], paint: Paint): string[] {
  const rows = columns(
    jobs.map(({ node, job: { title, age } }) => [
      node,
      title,
      age === undefined ? "not made yet" : `${span(age)} ago`,
    ]),
  );
  return rows.map((row, index) => {
    const { state } = jobs[index]?.job ?? { state: "ok" };
    if (state === "ok") return `  ${row}`;
    if (state === "not yet") return `  ${paint("doubtful", row)}`;
    return `  ${row}  ${paint("bad", state === "refused" ? "refused: it waits for a decision" : state)}`;
  });
}

/** A span of time in its greatest unit: "3 days", "5 h". */
export function span(seconds: number): string {
  const count = Math.max(0, Math.floor(seconds));
  if (count < 60) return `${count} s`;
  if (count < 3600) return `${Math.floor(count / 60)} min`;
  if (count < 48 * 3600) return `${Math.floor(count / 3600)} h`;
  return `${Math.floor(count / 86_400)} days`;
}
