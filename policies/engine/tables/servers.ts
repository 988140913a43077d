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
    "postgres postgresql postgis timescaledb timescale pgvector pgvecto vchord citus spilo edb epas paradedb pgautoupgrade documentdb pgvectorscale pgduckdb orioledb pgmq alloydbomni",
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
  server("Kvrocks", "kvrocks", "/var/lib/kvrocks /kvrocks/db /tmp/kvrocks", /^kvrocks$/),
  server("FalkorDB", "falkordb", "/data /var/lib/falkordb/data", /^(redis-server|run|falkordb)/),
  server("Garnet", "garnet", "/data", /^garnet(server)?$/i),
  server("RustFS", "rustfs", "/data", /^rustfs$/),
  server("Vault", "vault openbao", "/vault /openbao", /^(vault|bao|server)$/),
  server("OpenLDAP", "openldap slapd", "/var/lib/ldap /etc/ldap/slapd.d /bitnami/openldap", /^(slapd|run)/),
  server("389 Directory Server", "dirsrv 389ds", "/data /var/lib/dirsrv", /^(dscontainer|ns-slapd)$/),
  server("immudb", "immudb", "/var/lib/immudb", /^immudb$/),
  server("TiDB's placement driver", "pd", "/data /var/lib/pd", /^pd-server$/),
  server("Databend", "databend", "/var/lib/databend /data", /^databend/),
  server("RisingWave", "risingwave", "/data /risingwave", /^(risingwave|single_node|standalone|playground)/),
  server("SingleStore", "singlestore memsql singlestoredb", "/var/lib/memsql /data", /^(memsqld|start)/),
  server("Greenplum", "greenplum", "/data /gpdata", /^(postgres|gpstart)$/),
  server("openGauss", "opengauss", "/var/lib/opengauss", /^gaussdb$/),
  server("OceanBase", "oceanbase", "/root/ob /root/boot", /^(observer|boot)/),
  server("HBase", "hbase", "/data /hbase /hadoop-data", /^(hbase|start-hbase)/),
  server("Ignite", "ignite", "/opt/ignite/work /persistence", /^(ignite|run)/, { onlyWith: /persistence/i }),
  server("HDFS", "namenode datanode", "/hadoop /hadoop/dfs", /^(hdfs|hadoop|start)/),
  server("ZincSearch", "zincsearch zinc", "/data", /^zinc(search)?$/),
  server("Sonic", "sonic", "/var/lib/sonic/store", /^sonic$/),
  server("Axon Server", "axonserver", "/axonserver/data /axonserver/events /data /eventdata", /^axonserver/),
  server("NanoMQ", "nanomq", "/var/lib/nanomq", /^nanomq$/),
  server("Ceph", "ceph", "/var/lib/ceph", /^(ceph-(mon|osd|mgr|mds)|demo|mon|osd)$/),
  server("Apache Kudu", "kudu", "/var/lib/kudu", /^kudu/),
  server("MonetDB", "monetdb", "/var/monetdb5", /^(monetdbd|mserver5)$/),
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
  server("Marqo", "marqo", "/opt/vespa/var", /^(vespa|run)/),
  server("Infinity", "infiniflow", "/var/infinity", /^infinity$/),
  server(
    "VictoriaLogs or VictoriaTraces",
    "victorialogs victoriatraces",
    "/victoria-logs-data /victoria-traces-data /vlogs",
    /^victoria/,
  ),
  server("InfluxDB 3", "influxdb3", "/var/lib/influxdb3 /home/influxdb3/.influxdb3", /^influxdb3$/),
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
  server("NSQ", "nsqd nsq", "/data", /^nsqd$/),
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

/** Names of servers that are words people use for other things. */
export const common =
  /^(oracle|garage|chroma|crate|stan|artemis|consul|dragonfly|druid|pinot|doris|dolt|graphite|pulsar|spilo|edb|scylla|virtuoso|vespa|firebird|manticore|solr|citus|typesense|milvus|memgraph|eventstore|redpanda|sonic|vault|garnet|ceph|pd|zinc|ignite|kudu|mosquitto|hivemq|percona|epas|timescale|namenode|datanode|infiniflow|blazegraph|iotdb|etcd|nsq|documentdb)\d*$/;

/** Who builds images of what others make. */
export const distributors: ReadonlySet<string> = new Set(
  "library bitnami bitnamilegacy bitnamisecure bitnamicharts linuxserver apache hashicorp chainguard rapidfort ubuntu canonical opensuse suse redhat rhel8 rhel9 centos sclorg fedora rockylinux docker hub dockerhub quay mirror mirrors proxy cache dhi public ecr amazonlinux eclipse coreos k8s gcr google google_containers nsqio openbao percona-lab postgresai etcd-io grafana ghcr public-dockerhub dockerproxy docker-io registry.k8s.io libops zincsearch public-ecr-aws uffizzi arm32v7 arm64v8 amd64 i386 microsoft".split(
    " ",
  ),
);

/** Words that may stand beside a server's name without making it something else. */
export const beside: ReadonlySet<string> = new Set(
  (
    "alpine docker server centos rhel ubi ubi7 ubi8 ubi9 debian ubuntu jammy noble bookworm bullseye trixie cluster ha community enterprise stack oss ssl " +
    "replica replication master slave leader follower primary secondary db database standalone single all in one aio " +
    "container image custom base official amd64 arm arm64 arm32v7 arm64v8 armhf x86 latest stable nightly slim full minimal lts ce ee free xe fips " +
    "native kraft broker streaming core apache cp gb k8s kubernetes k8sonprem petset repmgr shard mgmt management " +
    "galera sharded classic delayed stateful set demo ml rs age partman cron immich nextcloud analytics logical secure hardened open distro for " +
    "noavx avx2 gpu unprivileged bitnami bitnamilegacy legacy jetstream edge dist distribution xtradb crunchy aws gcp sql eclipse jammy bundle local atlas autoupgrade preview rc beta alpha dev lite mini micro tiny big plus pro premium single-node singlenode node nodes daemon hardened rootless nonroot build builds release multiarch multi arch"
  ).split(" "),
);

/** Words of products that watch, copy, front or use a server and are none themselves. */
export const other =
  /^(python|php|django|flask|rails|ruby|laravel|spring|java|golang|dotnet|rust|celery|jdbc|odbc|exporter|operator|backups?|backupper|restore|clients?|commander|insight|express|proxy|proxysql|bouncer|pgbouncer|pool|pooler|router|sentinel|connect|connector|registry|rest|managers?|console|tools?|toolbox|toolkit|utils?|cli|dump|dumper|migrations?|migrator|migrate|agent|reloader|controller|provisioner|webhook|admin|adminer|phpmyadmin|bench|benchmark|consumer|producer|workers?|adapter|monitor|monitoring|dashboard|bridge|mirror|mirrormaker|mc|lookupd|nsqlookupd|nsqadmin|keeper|ui|gui|webui|gateway|init|initializer|seed|seeder|loader|sidecar|curator|zabbix|kibana|cerebro|elastalert|logstash|sync|syncer|pump|alertmanager|pushgateway|driver|plugin|plugins|chart|csi|injector|healthcheck|check|checker|test|tests|tester|cron|job|jobs|scheduler|sdk|lib|browser|viewer|explorer|webclient|importer|sink|source|relay|shipper|collector|scraper|wait|waiter|k8s-sidecar)$/;

/** What people call a whole family of images whose last name part does not say it. */
export const byPath: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)mssql(\/|-)/, "mssql"],
  [/^(database|oracle)\/(free|express|enterprise)/, "oracle"],
  [/gvenzl\/oracle/, "oracle"],
  [/^azure-sql-edge$/, "mssql"],
  [/victoriametrics\/(victoria-metrics|victoria-logs|vmsingle|vmstorage)$/, "victoriametrics"],
  [/tensorchord\//, "vchord"],
  [/^redis\/redis-stack/, "redis"],
  [
    /^(supabase|neondatabase|tembo|tembo-io|cloudnative-pg|immich-app|zabbly)\/(postgres|postgresql|compute-node|standard-cnpg|tembo-pg-slim)/,
    "postgres",
  ],
  [/mongodb-atlas-local$/, "mongodb"],
  [/^(hashicorp\/)?vault$|^openbao\/openbao(-hsm)?(-ubi)?$/, "vault"],
  [/(osixia|bitnami|bitnamilegacy)\/openldap$/, "openldap"],
  [/microsoft\/garnet/, "garnet"],
  [/^(quay\/)?ceph\/(daemon|ceph|demo)/, "ceph"],
  [/pingcap\/pd$/, "pd"],
  [/infiniflow\/infinity$/, "infiniflow"],
  [/(^|\/)bde2020\/hadoop-(namenode|datanode)$/, "namenode"],
  [/public\.ecr\.aws\/zinclabs|zinclabs\/zinc/, "zinc"],
  [/valeriansaliou\/sonic$/, "sonic"],
  [/chromadb\/chroma|chroma-core\/chroma$/, "chroma"],
  [/openlink\/virtuoso/, "virtuoso"],
  [/(jacobalberty|firebirdsql)\/firebird$/, "firebird"],
  [/dolthub\/dolt/, "dolt"],
  [/(graphiteapp|hopsoft)\/(graphite|docker-graphite)/, "graphite"],
  [/dragonflydb\/dragonfly$/, "dragonfly"],
  [/(redpandadata|vectorized)\/redpanda$/, "redpanda"],
  [/vespaengine\/vespa$/, "vespa"],
  [/(manticoresearch)\/manticore$/, "manticore"],
  [/apachepinot\/pinot$/, "pinot"],
  [/apachepulsar\/pulsar(-all)?$/, "pulsar"],
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
