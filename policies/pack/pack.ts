/** The placement rule as a policy pack: every resource is judged before it is made, at preview and at up. */
import { PolicyPack } from "@pulumi/policy";
import { placementPolicies } from "./policies";
import { judgeOptions } from "./judge-options";

new PolicyPack("homelab", {
  enforcementLevel: "mandatory",
  policies: [...placementPolicies(judgeOptions(process.env))],
});
