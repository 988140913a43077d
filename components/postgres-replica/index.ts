export { PostgresReplica, type PostgresReplicaArgs, type ReplicationEndpoint } from "./postgres-replica";
