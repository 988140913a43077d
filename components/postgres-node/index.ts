export { superuserSecret } from "./layout";
export { initdb } from "./quadlet";
export { PostgresNode, type PostgresEndpoints, type PostgresNodeArgs } from "./postgres-node";
export { type DsnArgs } from "./dsn";

// What a standby is made of too.
export { configuration, listenOn } from "./conf";
export { containerfile } from "./containerfile";
export { primaryFence } from "./primary-fence";
export { hba } from "./hba";
export {
  confDirectory,
  containerName,
  inContainer,
  mountedConf,
  replicationSecret,
  serverProgram,
  service,
} from "./layout";
export { peerAddresses, peerOf, replicationFiles, type Replication } from "./replication";
export { postgresQuadlet } from "./quadlet";
export { script } from "./scripts";
export { postgresWatch } from "./watch";
