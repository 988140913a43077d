export { directoriesService, ephemeralMark } from "./directories";
export { fingerprint } from "./fingerprint";
export { PodService, type PodServiceArgs, type SharedFiles } from "./pod-service";
