/**
 * The placement rule as a policy pack: every resource is judged before it is made, at preview and at up.
 *
 * One policy does the work, so that a resource is taken apart once; each violation carries the name of its rule.
 */
import { PolicyPack } from "@pulumi/policy";
import type { ReportViolation, ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { isRead } from "../readers/pulumi";
import type { Exemption, Judgement } from "../engine/verdicts";
import { rules } from "../rules";
import { sentences, Watch } from "../watch/watch";
import { chartsWithoutChildren } from "./charts";
import { resourceOf } from "./resource";
import { surroundings } from "./surroundings";

const titles = new Map(rules.map(({ name, title }) => [name, title]));
const watch = new Watch(surroundings(process.env));

async function validateResource(args: ResourceValidationArgs, report: ReportViolation): Promise<void> {
  if (isRead(args.type)) tell(watch.see(await resourceOf(args)), report);
}

async function validateStack(args: StackValidationArgs, report: ReportViolation): Promise<void> {
  for (const chart of await chartsWithoutChildren(args)) tell(watch.see(chart), report, chart.urn);
  tell(watch.rest(), report);
}

/**
 * What the server takes beside a text: the violation of another name than the policy's.
 *
 * @see makeReportViolationFun in @pulumi/policy/server
 */
type Tell = (said: {
  readonly name: string;
  readonly description: string;
  readonly message: string;
  readonly enforcementLevel: "mandatory" | "advisory";
  readonly urn: string;
}) => void;

function tell({ violations, exemptions }: Judgement, report: ReportViolation, urn?: string): void {
  const say = report as unknown as Tell;
  for (const violation of violations) {
    say({
      name: violation.rule,
      description: titles.get(violation.rule) ?? violation.rule,
      message: sentences(violation),
      enforcementLevel: "mandatory",
      urn: urn ?? violation.file,
    });
  }
  for (const exemption of exemptions) {
    say({
      name: exemption.rule,
      description: titles.get(exemption.rule) ?? exemption.rule,
      message: exempted(exemption),
      enforcementLevel: "advisory",
      urn: urn ?? exemption.file,
    });
  }
}

function exempted({ detail, reason }: Exemption): string {
  return `Exempted, because "${reason}": ${detail}`;
}

new PolicyPack("homelab", {
  enforcementLevel: "mandatory",
  policies: [
    {
      name: "placement",
      description: "Persistent data never lives on on-demand nodes.",
      enforcementLevel: "mandatory",
      validateResource,
    },
    {
      name: "placement-of-the-whole",
      description: "Persistent data never lives on on-demand nodes, seen over the whole stack.",
      enforcementLevel: "mandatory",
      validateStack,
    },
  ],
});
