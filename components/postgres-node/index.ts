export { PostgresNode, type PostgresEndpoints, type PostgresNodeArgs } from "./postgres-node";
