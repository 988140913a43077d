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
      "https://grafana.com/docs/loki/latest/configure/storage/",
    ),
    except: inParts,
  },
  {
    ...app(
      "Tempo",
      "grafana/tempo",
      "/var/tempo /tmp/tempo",
      "https://grafana.com/docs/tempo/latest/configuration/#storage",
    ),
    except: inParts,
  },
  app("Beszel", "henrygd/beszel", "/beszel_data", "https://beszel.dev/guide/hub-installation"),
  app(
    "Healthchecks",
    "healthchecks/healthchecks healthchecks",
    "/data /config",
    "https://healthchecks.io/docs/self_hosted_docker/",
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
    "Zabbix appliance",
    "zabbix-appliance",
    "/var/lib/mysql",
    "https://hub.docker.com/r/zabbix/zabbix-appliance",
  ),
  app(
    "Checkmk",
    "checkmk/check-mk-raw checkmk/check-mk-cloud check-mk-raw",
    "/omd/sites",
    "https://docs.checkmk.com/latest/en/introduction_docker.html",
  ),
  app(
    "OpenObserve",
    "openobserve",
    "/data",
    "https://openobserve.ai/docs/storage/",
    "ZO_S3_BUCKET_NAME ZO_META_POSTGRES_DSN",
  ),
  app("Seq", "datalust/seq", "/data", "https://docs.datalust.co/docs/getting-started-with-docker"),
  app("Matomo", "matomo", "/var/www/html", "https://github.com/matomo-org/docker"),
  app(
    "CrowdSec",
    "crowdsecurity/crowdsec",
    "/var/lib/crowdsec/data",
    "https://docs.crowdsec.net/docs/local_api/database/",
  ),
];
