/** Monitoring, logs, statistics. */
import { app } from "./row";

/** A part that keeps nothing itself, or buckets off the node. */
const inParts =
  /-target=(?!all)|\b(s3|gcs|azure|swift):\s*$|aws_storage_config|object_store:\s*(s3|gcs|azure|swift)|backend:\s*(s3|gcs|azure)/m;

export const watchApps = [
  {
    ...app(
      "Loki",
      "grafana/loki loki",
      "/loki /tmp/loki /var/loki",
      "https://github.com/grafana/loki/blob/HEAD/cmd/loki/loki-local-config.yaml",
    ),
    except: inParts,
  },
  {
    ...app(
      "Tempo",
      "grafana/tempo",
      "/var/tempo /tmp/tempo",
      "https://github.com/grafana/tempo/blob/HEAD/example/docker-compose/local/docker-compose.yaml",
    ),
    except: inParts,
  },
  app(
    "Alertmanager",
    "prom/alertmanager prometheus/alertmanager",
    "/alertmanager",
    "https://github.com/prometheus/alertmanager/blob/HEAD/Dockerfile",
  ),
  app(
    "Beszel",
    "henrygd/beszel",
    "/beszel_data",
    "https://github.com/henrygd/beszel-docs/blob/HEAD/en/guide/hub-installation.md",
  ),
  app(
    "Healthchecks",
    "healthchecks/healthchecks healthchecks",
    "/data /config",
    "https://github.com/healthchecks/healthchecks/blob/HEAD/docker/.env.example",
    "DB_HOST DB",
  ),
  app(
    "Speedtest Tracker",
    "speedtest-tracker",
    "/config",
    "https://docs.speedtest-tracker.dev/getting-started/database-drivers",
    "DB_HOST",
  ),
  app(
    "Checkmk",
    "checkmk/check-mk-raw checkmk/check-mk-cloud check-mk-raw",
    "/omd/sites",
    "https://github.com/Checkmk/checkmk/blob/HEAD/docker_image/Dockerfile",
  ),
  app(
    "OpenObserve",
    "openobserve",
    "/data",
    "https://github.com/openobserve/openobserve-docs/blob/HEAD/docs/environment-variables.md",
    "ZO_S3_BUCKET_NAME ZO_META_POSTGRES_DSN",
  ),
  app("Seq", "datalust/seq", "/data", "https://docs.datalust.co/docs/getting-started-with-docker"),
  app("Matomo", "matomo", "/var/www/html", "https://github.com/matomo-org/docker/blob/HEAD/README.md"),
  app(
    "CrowdSec",
    "crowdsecurity/crowdsec",
    "/var/lib/crowdsec/data",
    "https://github.com/crowdsecurity/crowdsec-docs/blob/HEAD/crowdsec-docs/docs/local_api/database.md",
  ),
];
