export { declareQueues } from "./queues";
export { watchAgents } from "./watch";
