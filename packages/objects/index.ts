export { atOnce, eachOf, storeAt } from "./client";
export { copyOnce, mend, verify, type Apart, type Difference, type Move } from "./move";
export { planMove } from "./plan";
export { Followed } from "./record";
