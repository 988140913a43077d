export { placementGuard, refusing } from "./guard";
