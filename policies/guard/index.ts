export { guard, refusing } from "./guard";
