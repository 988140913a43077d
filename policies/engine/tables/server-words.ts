/** Words in the names of images, by which servers are told from what goes with them. A table, no logic. */

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
