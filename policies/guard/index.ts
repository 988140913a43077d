export { guard } from "./guard";
