export { QuadletService, type QuadletServiceArgs } from "./quadlet-service";
