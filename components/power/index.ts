export { PowerKeeper, type PowerKeeperArgs } from "./power-keeper";
export { PowerSchedule, type PowerScheduleArgs } from "./power-schedule";
