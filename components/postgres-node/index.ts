export { superuserSecret } from "./layout";
export { initdb } from "./quadlet";
export { PostgresNode, type PostgresEndpoints, type PostgresNodeArgs } from "./postgres-node";
export { dsn, type DsnArgs } from "./dsn";
