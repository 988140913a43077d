export { directoriesService, ephemeralMark } from "./directories";
export { fingerprint } from "./fingerprint";
export { job } from "./manifest";
export { declareRights } from "./rights";
export { PodService, type PodServiceArgs, type SharedFiles } from "./pod-service";
