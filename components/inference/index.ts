export { nodesToWake, wakeForModels } from "./wake";
