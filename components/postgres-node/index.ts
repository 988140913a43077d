export { superuserSecret } from "./layout";
export { PostgresNode, type PostgresEndpoints, type PostgresNodeArgs } from "./postgres-node";
export { dsn, type DsnArgs } from "./dsn";
