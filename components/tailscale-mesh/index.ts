export { policyPart, wholePolicy, type Grant, type Policy, type PolicyPart } from "./policy";
export { TailscaleMesh, type TailscaleMeshArgs } from "./tailscale-mesh";
