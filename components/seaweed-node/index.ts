export { SeaweedNode, type SeaweedNodeArgs } from "./seaweed-node";
export { identities, type Keyed } from "./identities";
export { weedArguments, type WeedPlace } from "./seaweed-unit";
