export { SeaweedNode, type SeaweedNodeArgs } from "./seaweed-node";
export { identities, policyNameOf, type Keyed } from "./identities";
export {
  canWrite,
  identitiesSecret,
  rootPasswordSecret,
  rootUser,
  weedArguments,
  type WeedPlace,
} from "./seaweed-unit";
