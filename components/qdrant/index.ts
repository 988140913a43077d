export { qdrant, reason } from "./render";
export { qdrantSchema, type QdrantSettings } from "./settings";
