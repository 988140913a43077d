/**
 * The pack's policies. One does the work, so that a resource is taken apart once; each violation carries the name of
 * its rule. The other looks at the whole stack once everything came.
 */
import type {
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationArgs,
  StackValidationPolicy,
} from "@pulumi/policy";
import { isRead } from "../readers/pulumi";
import type { Exemption, Judgement } from "../engine/verdicts";
import { rules } from "../rules";
import { sentences, IncrementalJudge } from "../watch/incremental-judge";
import type { JudgeOptions } from "../watch/incremental-judge";
import { chartsWithoutChildren } from "./charts";
import { resourceOf } from "./resource";

const titles = new Map(rules.map(({ name, title }) => [name, title]));

/** The policies for one stack, with what is known of it. They remember what they saw, so each run has its own. */
export function placementPolicies(
  options: JudgeOptions,
): readonly [ResourceValidationPolicy, StackValidationPolicy] {
  const watch = new IncrementalJudge(options);
  return [
    {
      name: "placement",
      description: "Persistent data never lives on on-demand nodes.",
      enforcementLevel: "mandatory",
      validateResource: async (args: ResourceValidationArgs, report: ReportViolation): Promise<void> => {
        if (isRead(args.type)) tell(watch.add(await resourceOf(args)), report);
      },
    },
    {
      name: "placement-of-the-whole",
      description: "Persistent data never lives on on-demand nodes, seen over the whole stack.",
      enforcementLevel: "mandatory",
      validateStack: async (args: StackValidationArgs, report: ReportViolation): Promise<void> => {
        for (const chart of await chartsWithoutChildren(args)) tell(watch.add(chart), report, chart.urn);
        tell(watch.finish(), report);
      },
    },
  ];
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
