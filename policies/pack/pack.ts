/** The placement rule as a policy pack: every resource is judged before it is made, at preview and at up. */
import { PolicyPack } from "@pulumi/policy";
import { placementPolicies } from "./policies";
import { surroundings } from "./surroundings";

new PolicyPack("homelab", {
  enforcementLevel: "mandatory",
  policies: [...placementPolicies(surroundings(process.env))],
});
