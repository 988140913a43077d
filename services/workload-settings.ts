import { z } from "zod";
import { clusterKeyProblems } from "./cluster-keys";
import { references } from "./references";
import { workloadKeys, workloadName } from "./workload-keys";

type Keys = z.output<typeof workloadKeys>;
type Wrong = (path: readonly string[], message: string) => void;

const isEmpty = (value: unknown) =>
  value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);

/** What is about something installed. */
const installed = [
  ...(["image", "command", "environment", "secrets", "secretFiles", "passwords", "files"] as const),
  ...(["keeps", "tmpfs", "user", "memory", "health", "schedule"] as const),
] as const;

/** Nothing is installed for what something else starts, so nothing of that may be set. */
function externalProblems(own: Keys, wrong: Wrong): void {
  const message = "must not be given with external: nothing is installed for it";
  for (const key of installed) if (!isEmpty(own[key])) wrong([key], message);
  if (!isEmpty(own.ephemeral.directories)) wrong(["ephemeral", "directories"], message);
  if (isEmpty(own.ports))
    wrong(["ports"], "is missing: it must name at least one port, for an external workload is nothing else");
}

function dataProblems({ keeps, ephemeral }: Keys, wrong: Wrong): void {
  if (isEmpty(ephemeral.directories)) return;
  if (!isEmpty(keeps)) wrong(["ephemeral"], "must not be given beside keeps");
  if (ephemeral.reason.trim() === "")
    wrong(["ephemeral", "reason"], "is missing: it must say why losing them costs nothing");
}

/** Of what listens, keeps or is made once, several that run on one node cannot each have their own. */
function replicaProblems(own: Keys, wrong: Wrong): void {
  if (own.replicas === 1) return;
  const message = `must not be given with ${own.replicas} replicas: there can be one`;
  const one = own.cluster ? [] : (["ports", "passwords"] as const);
  for (const key of [...one, "keeps", "schedule"] as const) if (!isEmpty(own[key])) wrong([key], message);
  for (const [name, port] of own.cluster ? Object.entries(own.ports) : []) insideProblems(name, port, wrong);
  if (!isEmpty(own.ephemeral.directories)) wrong(["ephemeral", "directories"], message);
}

/** What is about the node's own port, which only one pod can have. */
function insideProblems(name: string, { from, output, metrics }: Keys["ports"][string], wrong: Wrong): void {
  const message =
    "must not be given with replicas in the cluster: the port is served there, by the workload's name, and not by the node";
  if (from !== "nodes") wrong(["ports", name, "from"], message);
  if (output !== undefined) wrong(["ports", name, "output"], message);
  if (metrics !== undefined) wrong(["ports", name, "metrics"], message);
}

function scheduleProblems(own: Keys, wrong: Wrong): void {
  if (own.schedule === undefined) return;
  for (const key of ["ports", "health"] as const)
    if (!isEmpty(own[key])) wrong([key], "must not be given with a schedule: it runs only now and then");
}

function valueProblems(own: Keys, wrong: Wrong): void {
  for (const [key, entry, value] of valuesOf(own)) {
    for (const { kind, name: password } of references(value)) {
      if (kind === "password" && !own.passwords.includes(password))
        wrong([key, entry], `must name one of its passwords, and passwords has no ${password}`);
    }
    if (key === "secrets" && entry in own.environment) wrong([key, entry], "must not be in environment too");
  }
}

/** Port that its health check asks. */
const askedPort = ({ health }: Keys) =>
  health === undefined || "exec" in health ? undefined : "tcp" in health ? health.tcp : health.port;

const workload = workloadKeys.superRefine((own, ctx) => {
  const wrong: Wrong = (path, message) => {
    ctx.addIssue({ code: "custom", path: [...path], message });
  };
  if (own.external) externalProblems(own, wrong);
  else if (own.image === undefined)
    wrong(["image"], "is missing: it must be given, or external must be true");
  if (own.external && own.replicas !== 1)
    wrong(["replicas"], "must not be given with external: nothing is installed for it");
  if (own.external && own.cluster)
    wrong(["cluster"], "must not be given with external: nothing is installed for it");
  for (const problem of clusterKeyProblems(own)) wrong(...problem);
  dataProblems(own, wrong);
  replicaProblems(own, wrong);
  scheduleProblems(own, wrong);
  valueProblems(own, wrong);
  const asked = askedPort(own);
  if (asked !== undefined && own.ports[asked] === undefined)
    wrong(["health"], `must name one of its ports: ${Object.keys(own.ports).join(", ") || "it has none"}`);
});

/** `homelab:workloads`, by name. */
export const workloadsSchema = z.record(workloadName, workload);
export type WorkloadsSettings = z.output<typeof workloadsSchema>;
export type WorkloadSettings = WorkloadsSettings[string];

/** Every value that may hold references: key of the map, key in it, value. */
export const valuesOf = (own: Pick<Keys, "environment" | "secrets" | "secretFiles">) =>
  (["environment", "secrets", "secretFiles"] as const).flatMap((key) =>
    Object.entries(own[key]).map(([entry, value]) => [key, entry, value] as const),
  );
