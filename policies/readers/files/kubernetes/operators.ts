/** Operators that make a claim even where their resource has no field for it. */

const claimers: Readonly<Record<string, readonly [group: RegExp, field: string]>> = {
  Cluster: [/postgresql\.cnpg\.io$|k8s\.enterprisedb\.io$/, "spec.storage"],
  RabbitmqCluster: [/rabbitmq\.com$/, "spec.persistence"],
  Elasticsearch: [/elastic\.co$/, "spec.nodeSets[].volumeClaimTemplates"],
  Logstash: [/elastic\.co$/, "spec.volumeClaimTemplates"],
  MongoDBCommunity: [/mongodb\.com$/, "spec.statefulSet.spec.volumeClaimTemplates"],
  MongoDB: [/mongodb\.com$/, "spec.podSpec.persistence"],
  MongoDBOpsManager: [/mongodb\.com$/, "spec.applicationDatabase"],
  InnoDBCluster: [/mysql\.oracle\.com$/, "spec.datadirVolumeClaimTemplate"],
  MysqlCluster: [/presslabs\.org$|bitpoke\.org$/, "spec.volumeSpec"],
  MariaDB: [/mariadb/, "spec.storage"],
  postgresql: [/zalan\.do$/, "spec.volume"],
  PostgresCluster: [/crunchydata\.com$/, "spec.instances[].dataVolumeClaimSpec"],
  SGCluster: [/stackgres\.io$/, "spec.pods.persistentVolume"],
  PerconaXtraDBCluster: [/percona\.com$/, "spec.pxc.volumeSpec"],
  PerconaServerMongoDB: [/percona\.com$/, "spec.replsets[].volumeSpec"],
  PerconaServerMySQL: [/percona\.com$/, "spec.mysql.volumeSpec"],
  PerconaPGCluster: [/percona\.com$/, "spec.instances[].dataVolumeClaimSpec"],
  OpenSearchCluster: [/opensearch/, "spec.nodePools[].persistence"],
  ZookeeperCluster: [/pravega\.io$/, "spec.persistence"],
  ArangoDeployment: [/arangodb\.com$/, "spec.dbservers"],
  ScyllaCluster: [/scylladb\.com$/, "spec.datacenter.racks[].storage"],
  CassandraDatacenter: [/datastax\.com$/, "spec.storageConfig"],
  K8ssandraCluster: [/k8ssandra\.io$/, "spec.cassandra.storageConfig"],
  CrdbCluster: [/cockroachlabs\.com$/, "spec.dataStore"],
  TempoStack: [/grafana\.com$/, "spec.storageSize"],
  LokiStack: [/grafana\.com$/, "spec.storageClassName"],
  Tenant: [/min\.io$/, "spec.pools[].volumeClaimTemplate"],
  TidbCluster: [/pingcap\.com$/, "spec.tikv"],
  CouchbaseCluster: [/couchbase\.com$/, "spec.volumeClaimTemplates"],
  HumioCluster: [/humio\.com$/, "spec.dataVolumePersistentVolumeClaimSpecTemplate"],
  Infinispan: [/infinispan\.org$/, "spec.service.container.storage"],
  RedisEnterpriseCluster: [/redislabs\.com$/, "spec.persistentSpec"],
  Redpanda: [/redpanda\.com$/, "spec.clusterSpec.storage"],
  Milvus: [/milvus\.io$/, "spec.dependencies"],
  Nexus: [/sonatype\.com$|m88i\.io$/, "spec.persistence"],
  Kubegres: [/kubegres/, "spec.database"],
};

/** The field in which such an operator would be told of its storage, or undefined. */
export function alwaysClaims(kind: string, group: string): string | undefined {
  const claimer = Object.hasOwn(claimers, kind) ? claimers[kind] : undefined;
  return claimer?.[0].test(group) === true ? claimer[1] : undefined;
}

/** Resources that give disks or directories of nodes to a storage system, and the field that names them. */
const diskGivers: Readonly<Record<string, readonly [group: RegExp, field: string]>> = {
  Node: [/longhorn\.io$/, "spec.disks"],
  DiskPool: [/openebs\.io$/, "spec.disks"],
  CStorPoolCluster: [/openebs\.io$/, "spec.pools"],
  LVMCluster: [/topolvm\.io$/, "spec.storage.deviceClasses"],
  LocalVolume: [/local\.storage\.openshift\.io$/, "spec.storageClassDevices"],
  LinstorSatelliteConfiguration: [/piraeus\.io$/, "spec.storagePools"],
  LinstorSatelliteSet: [/linbit\.com$/, "spec.storagePools"],
};

/** The field in which such a resource names the disks of nodes, or undefined. */
export function nodeDisks(kind: string, group: string): string | undefined {
  const giver = Object.hasOwn(diskGivers, kind) ? diskGivers[kind] : undefined;
  return giver?.[0].test(group) === true ? giver[1] : undefined;
}
