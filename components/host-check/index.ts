export { HostCheck, type HostCheckArgs } from "./host-check";
export type { HostFacts } from "../../remote/host";
