/** The same object in a Pulumi program, as the policy pack and the program's own guard see it. */
import * as pulumi from "@pulumi/pulumi";
import type { ReportViolation, ResourceValidationArgs } from "@pulumi/policy";
import { fixtureTopology } from "../fixtures";
import { refusing } from "../placement-guard";
import { placementPolicies } from "../pack/policies";
import { fields, record, text } from "../readers/values";
import type { Values } from "../readers/values";
import type { JudgeOptions } from "../watch/incremental-judge";
import type { Alone } from "./alone";
import { answerOf } from "./answer";
import type { Answer } from "./answer";

interface Resource {
  readonly type: string;
  readonly name: string;
  readonly props: Values;
}

const surroundings: JudgeOptions = {
  topology: fixtureTopology,
  readFile: () => undefined,
  filesIn: () => undefined,
};

/** What the policy pack reports of it. */
export async function packAnswer(one: Alone): Promise<Answer> {
  const [placement] = placementPolicies(surroundings);
  const { type, name, props } = resourceOf(one);
  const violations: string[] = [];
  const exemptions: string[] = [];
  const report = (said: { readonly name: string; readonly enforcementLevel: string }): void => {
    (said.enforcementLevel === "mandatory" ? violations : exemptions).push(said.name);
  };
  const args = { type, name, props, urn: `urn:${name}`, provider: { props: {} } };
  const { validateResource } = placement;
  if (typeof validateResource !== "function") throw new Error("The pack's first policy judges resources.");
  // The server takes more than the declared type of a report, and less than all of the arguments is looked at.
  await validateResource(args as unknown as ResourceValidationArgs, report as unknown as ReportViolation);
  return answerOf(violations, exemptions);
}

/** What a program without a pack does when it comes to it. */
export async function guardAnswer(one: Alone): Promise<Answer> {
  await pulumi.runtime.setMocks(
    { call: () => ({}), newResource: () => ({ id: "", state: {} }) },
    "fixtures",
    "one",
  );
  const told: string[] = [];
  const judged = refusing(surroundings, (message) => {
    told.push(message);
    return Promise.resolve();
  });
  try {
    await judged({ ...resourceOf(one), custom: true, opts: {} });
    return answerOf([], rulesIn(told.join("\n")));
  } catch (error) {
    return answerOf(rulesIn(error instanceof Error ? error.message : String(error)), []);
  }
}

/** Each line of a refusal begins with its rule. */
function rulesIn(message: string): readonly string[] {
  return [...message.matchAll(/^([a-z-]+): /gm)].map(([, rule = ""]) => rule);
}

/** A manifest is a resource of the Kubernetes provider; a file is copied to the on-demand node. */
function resourceOf(one: Alone): Resource {
  if (one.form === "command") {
    return {
      type: text(one.value.type) ?? "",
      name: text(one.value.name) ?? "",
      props: fields(one.value.inputs),
    };
  }
  if (one.form === "file") {
    const props = {
      connection: { host: "192.168.1.13", user: "root" },
      source: new pulumi.asset.StringAsset(one.text),
      remotePath: placeOnNode(one.path),
    };
    return { type: "command:remote:CopyToRemote", name: "file", props };
  }
  const { apiVersion, kind, metadata } = one.value;
  const group = text(apiVersion) ?? "";
  return {
    type: `kubernetes:${group.includes("/") ? group : `core/${group}`}:${text(kind) ?? ""}`,
    name: text(record(metadata)?.name) ?? "object",
    props: one.value,
  };
}

/** Where such a file stands on a node. */
export function placeOnNode(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/\.ya?ml$|\.json$/.test(name)) return "/opt/app/compose.yaml";
  return name.endsWith(".service") ? `/etc/systemd/system/${name}` : `/etc/containers/systemd/${name}`;
}
