export {
  policyPart,
  tagOf,
  tagOwners,
  wholePolicy,
  type Grant,
  type Policy,
  type PolicyPart,
} from "./policy";
export { houseOwner, TailscaleMesh, type TailscaleMeshArgs } from "./tailscale-mesh";
