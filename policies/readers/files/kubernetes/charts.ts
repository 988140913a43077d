/** What is known of Helm charts whose values do not say it. */
import { at, yes } from "../../values";

/** Charts that keep data in a claim unless they are told not to. */
const persistentCharts =
  /^(postgresql|postgresql-ha|postgres|pgvector|timescaledb.*|mysql|mariadb|mariadb-galera|percona.*|mongodb|mongodb-sharded|redis|redis-cluster|redis-ha|valkey|valkey-cluster|keydb|dragonfly|rabbitmq|rabbitmq-ha|kafka|zookeeper|minio|etcd|influxdb2?|cassandra|scylla|clickhouse|neo4j|couchdb|cockroachdb|elasticsearch|opensearch|opensearch-cluster|solr|qdrant|milvus|weaviate|chromadb|meilisearch|typesense|loki|loki-stack|loki-distributed|mimir-distributed|prometheus|alertmanager|victoria-metrics-(single|cluster|k8s-stack)|victoria-logs-single|harbor|gitea|forgejo|gitlab|jenkins|nexus-repository-manager|nexus3|artifactory.*|sonatype-nexus|wordpress|drupal|ghost|joomla|moodle|odoo|redmine|matomo|mediawiki|phpbb|prestashop|magento|discourse|nextcloud-aio|keycloak|keycloakx-pg|airflow|mlflow-pg|vault|consul|rook-ceph-cluster|longhorn|seaweedfs|garage|nats-streaming|pulsar|activemq.*|redpanda|temporal|sentry|posthog|supabase|kubeapps|thanos|graylog|zabbix|nifi|jupyterhub|verdaccio|pihole-pvc|authentik-pg|paperless-ngx-pg|superset|sonarqube|dagster|mlflow|prefect-server|uptime-kuma|matrix-synapse|mastodon|langfuse|litellm-helm|open-webui|signoz|eck-stack|eck-elasticsearch|mysql-innodbcluster|psmdb-db|pg-db|pxc-db|k8ssandra|teleport-cluster|netbox|wikijs|wiki|rocketchat|mattermost-team-edition|erpnext|defectdojo|windmill|budibase|appsmith|nocodb)$/;

/** Charts known to keep nothing on a node: believed where their values cannot be seen. */
const statelessCharts =
  /^(cert-manager.*|.*ingress-nginx|nginx-ingress.*|traefik.*|haproxy.*|metallb|metrics-server|external-dns|external-secrets|reloader|kube-state-metrics|prometheus-operator-crds|.*-crds?|.*-operator|.*-controller|.*-csi.*|csi-.*|cilium|calico|tigera-operator|coredns|descheduler|goldilocks|vpa|keda|kyverno.*|gatekeeper|oauth2-proxy|cloudflared|tailscale-operator|sealed-secrets|spegel|trust-manager|volsync|velero|snapshot-controller|node-feature-discovery|node-problem-detector|.*-device-plugin|.*-exporter|.*-webhook.*|argo-?cd|argo-rollouts|argo-events|argo-workflows|flux.*|kured|istio.*|base|istiod|gateway|linkerd.*|envoy-gateway|gateway-helm|contour|external-dns.*|nfs-subdir-external-provisioner|system-upgrade.*|prometheus-adapter|fluent-bit|promtail|alloy|vector|opentelemetry-.*|k8s-gateway|dex|pinniped|tofu-controller|github-actions-runner.*|gha-runner.*|actions-runner.*|cloudnative-pg|barman-cloud|raw)$/;

/** True for a chart that makes a claim by default, or by what its values switch on. */
export function persistsByDefault(chart: string, values: unknown): boolean {
  const name = lastPart(chart);
  return (
    persistentCharts.test(name) || (name === "nats" && yes(at(values, "config", "jetstream", "enabled")))
  );
}

/** Databases that charts bring along under a key of their name. */
const databaseCharts =
  /^(postgresql|postgresql-ha|mysql|mariadb|mariadb-galera|mongodb|redis|redis-cluster|redis-ha|valkey|rabbitmq|kafka|zookeeper|minio|etcd|influxdb2?|cassandra|clickhouse|elasticsearch|opensearch|qdrant|meilisearch|couchdb|neo4j)$/;

/** True for a key of values that switches on a database with a claim of its own. */
export function bringsDatabase(key: string): boolean {
  return databaseCharts.test(key);
}

/** True for a chart whose unseen values need not be feared. */
export function keepsNothing(chart: string): boolean {
  return statelessCharts.test(lastPart(chart));
}

/** "bitnami/redis", "oci://…/redis" and "…/redis-18.1.0.tgz" are all redis. */
function lastPart(chart: string): string {
  const last = chart.toLowerCase().replace(/\/+$/, "").split("/").at(-1) ?? "";
  return last.replace(/\.tgz$/, "").replace(/[-:]v?\d+(\.\d+)+.*$/, "");
}
