export { HealthWatch, type HealthWatchArgs } from "./health-watch";
export { watched, type Watched } from "./watched";
