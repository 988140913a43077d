export { SeaweedNode, type SeaweedNodeArgs } from "./seaweed-node";
export { SeaweedCopy, type SeaweedCopyArgs } from "./seaweed-copy";
export { identities, type Keyed } from "./identities";
export { peerTexts } from "./peers";
export { weedArguments, type WeedPeer, type WeedPlace } from "./seaweed-unit";
