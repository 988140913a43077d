/** Database and queue servers: the words that name them, where they keep data, what starts them. A table, no logic. */

export interface Server {
  /** As people write it. */
  readonly product: string;
  /** Words that name it in an image's name. */
  readonly words: readonly string[];
  /** Directories its images keep data in, those of the common builds too. */
  readonly dataDirs: readonly string[];
  /** Executables and subcommands that start it. */
  readonly programs: RegExp;
  /** Keeps data only with such an argument, variable or line of its configuration. */
  readonly onlyWith?: RegExp;
  /** Keeps no data with such an argument or variable. */
  readonly exceptWith?: RegExp;
}

const any = /^(docker-entrypoint|entrypoint|server|start|start-single-node|run)/;

function server(
  product: string,
  words: string,
  dataDirs: string,
  programs: RegExp,
  only: Pick<Server, "onlyWith" | "exceptWith"> = {},
): Server {
  return {
    product,
    words: words.split(" "),
    dataDirs: dataDirs.split(" "),
    programs: new RegExp(`${any.source}|${programs.source}`),
    ...only,
  };
}

export const servers: readonly Server[] = [
  server(
    "PostgreSQL",
    "postgres postgresql postgis timescaledb timescale pgvector pgvecto vchord citus spilo edb epas paradedb",
    "/var/lib/postgresql /bitnami/postgresql /var/lib/pgsql /home/postgres /pgdata /var/pv",
    /^(postgres|postmaster|pg_ctl|pg_ctlcluster|patroni|run-postgresql)$/,
  ),
  server("MySQL", "mysql percona", "/var/lib/mysql /bitnami/mysql", /^(mysqld|mysqld_safe|run-mysqld)$/),
  server(
    "MariaDB",
    "mariadb",
    "/var/lib/mysql /bitnami/mariadb /config",
    /^(mysqld|mariadbd|mysqld_safe|mariadbd-safe)$/,
  ),
  server(
    "MongoDB",
    "mongo mongodb mongod",
    "/data/db /bitnami/mongodb /var/lib/mongodb",
    /^(mongod|run-mongod)$/,
  ),
  server(
    "Redis",
    "redis redismod rejson redisearch redisslave redismaster",
    "/data /bitnami/redis /var/lib/redis /redis-data /redis-master-data",
    /^(redis-server|redis-stack-server|run-redis|keydb-server)$/,
  ),
  server("Valkey", "valkey", "/data /bitnami/valkey /var/lib/valkey", /^valkey-server$/),
  server("KeyDB", "keydb", "/data", /^keydb-server$/),
  server("Dragonfly", "dragonfly", "/data", /^dragonfly$/),
  server("MinIO", "minio", "/data /export /bitnami/minio /mnt/data /data1", /^minio$/),
  server("Qdrant", "qdrant", "/qdrant/storage", /^qdrant$/),
  server(
    "Elasticsearch",
    "elasticsearch",
    "/usr/share/elasticsearch/data /bitnami/elasticsearch /var/lib/elasticsearch /data",
    /^(elasticsearch|eswrapper)$/,
  ),
  server("OpenSearch", "opensearch", "/usr/share/opensearch/data /bitnami/opensearch", /^opensearch$/),
  server(
    "Kafka",
    "kafka",
    "/var/lib/kafka /bitnami/kafka /kafka /opt/kafka /tmp/kafka-logs /tmp/kraft-combined-logs",
    /^(kafka-server-start|kafka-run|start-kafka)/,
  ),
  server("Redpanda", "redpanda", "/var/lib/redpanda", /^(redpanda|rpk)$/),
  server(
    "ZooKeeper",
    "zookeeper",
    "/data /datalog /var/lib/zookeeper /bitnami/zookeeper /opt/zookeeper",
    /^(zkserver|zookeeper-server-start|start-zookeeper|zkgenconfig)/,
  ),
  server("RabbitMQ", "rabbitmq", "/var/lib/rabbitmq /bitnami/rabbitmq", /^rabbitmq-server$/),
  server("NATS JetStream", "nats", "/data /tmp/nats /nats", /^(nats-server|nats)$/, {
    onlyWith: /jetstream|(^|\s)--?js(\s|=|$)/i,
  }),
  server("NATS Streaming", "stan", "/data /datastore", /^nats-streaming-server$/, { onlyWith: /file|-dir/i }),
  server("etcd", "etcd", "/var/lib/etcd /etcd-data /bitnami/etcd /default.etcd /data", /^etcd$/),
  server(
    "InfluxDB",
    "influxdb influxdb2",
    "/var/lib/influxdb /var/lib/influxdb2 /bitnami/influxdb",
    /^influxd$/,
  ),
  server("ClickHouse", "clickhouse", "/var/lib/clickhouse /bitnami/clickhouse", /^clickhouse(-server)?$/),
  server("Cassandra", "cassandra", "/var/lib/cassandra /bitnami/cassandra /cassandra_data", /^cassandra$/),
  server("ScyllaDB", "scylla scylladb", "/var/lib/scylla", /^scylla$/),
  server("Neo4j", "neo4j", "/data /bitnami/neo4j", /^neo4j$/),
  server("CouchDB", "couchdb", "/opt/couchdb/data /bitnami/couchdb", /^couchdb$/),
  server("Couchbase", "couchbase", "/opt/couchbase/var", /^couchbase-server$/),
  server("CockroachDB", "cockroach cockroachdb", "/cockroach", /^cockroach$/),
  server("ArangoDB", "arangodb", "/var/lib/arangodb3", /^arangod$/),
  server("RethinkDB", "rethinkdb", "/data", /^rethinkdb$/),
  server("OrientDB", "orientdb", "/orientdb", /^server\.sh$/),
  server("SQL Server", "mssql", "/var/opt/mssql", /^sqlservr$/),
  server("Oracle Database", "oracle", "/opt/oracle/oradata /u01/app/oracle", /^oracle$/),
  server("CrateDB", "crate cratedb", "/data", /^crate$/),
  server("QuestDB", "questdb", "/var/lib/questdb /root/.questdb", /^questdb$/),
  server("SurrealDB", "surrealdb", "/data", /^surreal$/, { onlyWith: /(rocksdb|file|surrealkv):/i }),
  server("Weaviate", "weaviate", "/var/lib/weaviate", /^weaviate$/),
  server("Milvus", "milvus", "/var/lib/milvus", /^milvus$/),
  server("Chroma", "chroma chromadb", "/chroma /data /index_data", /^(chroma|uvicorn)$/),
  server("Meilisearch", "meilisearch", "/meili_data /data.ms", /^meilisearch$/),
  server("Typesense", "typesense", "/data", /^typesense-server$/),
  server("Solr", "solr", "/var/solr /opt/solr /bitnami/solr", /^solr/),
  server(
    "Prometheus",
    "prometheus",
    "/prometheus /data /bitnami/prometheus /opt/bitnami/prometheus/data",
    /^prometheus$/,
    { exceptWith: /^--agent|=agent/ },
  ),
  server("VictoriaMetrics", "victoriametrics", "/victoria-metrics-data /storage", /^victoria/),
  server(
    "ActiveMQ",
    "activemq artemis",
    "/data /opt/activemq /opt/apache-activemq /var/lib/artemis",
    /^(activemq|artemis)$/,
  ),
  server("Pulsar", "pulsar", "/pulsar", /^(pulsar|bin\/pulsar)$/),
  server("NSQ", "nsqd", "/data", /^nsqd$/),
  server("EventStoreDB", "eventstore eventstoredb", "/var/lib/eventstore", /^eventstored?$/),
  server("Dgraph", "dgraph", "/dgraph", /^dgraph$/),
  server("TiKV", "tikv", "/data /var/lib/tikv", /^tikv-server$/),
  server(
    "YugabyteDB",
    "yugabyte",
    "/home/yugabyte /root/var /mnt/disk0",
    /^(yugabyted|yb-master|yb-tserver)$/,
  ),
  server("Consul", "consul", "/consul/data /bitnami/consul", /^(consul|agent)$/, {
    onlyWith: /-server|bootstrap/i,
  }),
  server("Manticore", "manticore", "/var/lib/manticore", /^searchd$/),
  server("RavenDB", "ravendb", "/opt/raven /var/lib/ravendb", /^raven/),
  server("Aerospike", "aerospike", "/opt/aerospike", /^asd$/),
  server("Druid", "druid", "/opt/druid/var /opt/data /opt/shared", /^druid/),
  server("Pinot", "pinot", "/var/pinot /tmp/data", /^(pinot|startserver|quickstart)/),
  server("TigerBeetle", "tigerbeetle", "/data /var/lib/tigerbeetle", /^(tigerbeetle|start)$/),
  server("IoTDB", "iotdb", "/iotdb/data", /^start/),
  server("Doris", "doris", "/opt/apache-doris", /^(init_fe|init_be|start)/),
  server("StarRocks", "starrocks", "/opt/starrocks /data/deploy/starrocks", /^(fe_entrypoint|start)/),
  server("Tarantool", "tarantool", "/var/lib/tarantool", /^tarantool$/),
  server("GraphDB", "graphdb", "/opt/graphdb/home", /^graphdb$/),
  server("Blazegraph", "blazegraph", "/var/lib/blazegraph /data", /^(java|blazegraph)$/),
  server("JanusGraph", "janusgraph", "/var/lib/janusgraph", /^janusgraph/),
  server("Jena Fuseki", "fuseki", "/fuseki", /^(fuseki|fuseki-server)$/),
  server(
    "Virtuoso",
    "virtuoso virtuoso-opensource-7",
    "/database /opt/virtuoso-opensource/database",
    /^(virtuoso|virtuoso-t)$/,
  ),
  server("SeaweedFS", "seaweedfs", "/data", /^(weed|server|master|volume|filer)$/),
  server("Garage", "garage", "/var/lib/garage", /^(garage|server)$/),
  server("Azurite", "azurite", "/data /workspace", /^azurite/),
  server("RocketMQ", "rocketmq", "/home/rocketmq/store /root/store", /^(mqbroker|mqnamesrv)/),
  server("LavinMQ", "lavinmq", "/var/lib/lavinmq", /^lavinmq$/),
  server("KurrentDB", "kurrentdb", "/var/lib/kurrentdb", /^kurrentd$/),
  server("TDengine", "tdengine", "/var/lib/taos", /^taosd$/),
  server("Memgraph", "memgraph", "/var/lib/memgraph", /^memgraph$/),
  server("Mosquitto", "mosquitto", "/mosquitto/data /mosquitto", /^mosquitto$/),
  server("EMQX", "emqx vernemq hivemq", "/opt/emqx/data /vernemq/data /opt/hivemq/data", /^(emqx|vernemq)$/),
  server("Graphite", "graphite", "/opt/graphite/storage", /^graphite$/),
  server("GreptimeDB", "greptimedb", "/tmp/greptimedb /greptimedb_data", /^(greptime|standalone)$/),
  server("Firebird", "firebird", "/firebird /var/lib/firebird", /^firebird/),
  server("Db2", "db2", "/database", /^db2/),
  server("Vespa", "vespa", "/opt/vespa/var", /^vespa/),
  server("FoundationDB", "foundationdb", "/var/fdb /var/lib/foundationdb", /^fdbserver$/),
  server("rqlite", "rqlite", "/rqlite/file", /^rqlited$/),
  server("Dolt", "dolt", "/var/lib/dolt", /^(dolt|sql-server)$/),
];

/** Words that may stand beside a server's name without making it something else. */
export const beside: ReadonlySet<string> = new Set(
  (
    "alpine docker server centos rhel ubi ubi7 ubi8 ubi9 debian ubuntu jammy noble bookworm bullseye trixie cluster ha community enterprise stack oss ssl " +
    "replica replication master slave leader follower primary secondary db database standalone single all in one aio " +
    "container image custom base official amd64 arm arm64 arm32v7 arm64v8 armhf x86 latest stable nightly slim full minimal lts ce ee free xe fips " +
    "native kraft broker streaming core apache cp gb k8s kubernetes k8sonprem petset repmgr shard mgmt management " +
    "galera sharded classic delayed stateful set demo ml rs age partman cron immich nextcloud analytics logical secure hardened open distro for " +
    "noavx avx2 gpu unprivileged bitnami bitnamilegacy legacy jetstream edge dist distribution xtradb crunchy aws gcp sql eclipse jammy"
  ).split(" "),
);

/** Words of products that watch, copy, front or use a server and are none themselves. */
export const other =
  /python|php|django|flask|rails|ruby|laravel|spring|java|golang|dotnet|rust|celery|exporter|operator|backup|client|commander|insight|express|proxy|bouncer|pool|router|sentinel|connect|registry|rest|manager|console|tool|cli|dump|migrat|agent|reload|controller|provision|webhook|admin|bench|consumer|producer|worker|adapter|monitor|dashboard|bridge|mirror|mc$|^mc|box|lookupd|keeper|ui$|web|gateway|api|init|seed|load|sidecar|curator|zabbix|head|kibana|cerebro|elastalert|logstash|sync|pump|alertmanager|pushgateway|frontend|example|sample|app/;

/** What people call a whole family of images whose last name part does not say it. */
export const byPath: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)mssql(\/|-)/, "mssql"],
  [/^(database|oracle)\/(free|express|enterprise)/, "oracle"],
  [/gvenzl\/oracle/, "oracle"],
  [/^azure-sql-edge$/, "mssql"],
  [/victoriametrics\/(victoria-metrics|victoria-logs|vmsingle|vmstorage)$/, "victoriametrics"],
  [/tensorchord\//, "vchord"],
  [/^redis\/redis-stack/, "redis"],
  [/timescale\//, "timescale"],
  [/zalan(do|do\/acid)?\/.*spilo|spilo-\d+/, "spilo"],
  [/mysql\/mysql-server|mysql\/community-server/, "mysql"],
  [/nats-streaming/, "stan"],
  [/percona-server-mongodb/, "mongodb"],
  [/apache\/age$/, "postgres"],
  [/dxflrs\/garage$/, "garage"],
  [/^database\/express$/, "oracle"],
  [/confluentinc\/cp-(enterprise-)?(server|kafka)$|cp-kafka$/, "kafka"],
];
