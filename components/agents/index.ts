export { declareQueues } from "./queues";
export { watchAgents, watchScripts } from "./watch";
