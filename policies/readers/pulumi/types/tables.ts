/** What is known of Pulumi's packages: which keep nothing on a node, and which work on a server. Tables, no logic. */

/**
 * Packages whose resources are nowhere on a node: values of the program itself, and services of others.
 *
 * @see https://www.pulumi.com/registry/ for what each of them manages
 */
export const elsewhere: ReadonlySet<string> = new Set(
  `
  pulumi random tls time std null archive http local dockerbuild docker-build synced-folder pulumiservice str config
  aws aws-native awsx aws-apigateway aws-iam aws-s3-replicated-bucket aws-static-website azure azure-native azuread azuredevops
  gcp google-native google-cloud-static-website gcp-global-cloudrun alicloud civo digitalocean equinix-metal exoscale hcloud
  ibm ionoscloud linode oci openstack ovh packet scaleway tencentcloud upcloud vultr yandex
  cloudflare akamai fastly ns1 dnsimple dnsmadeeasy gandi namecheap porkbun constellix bunnynet
  github gitlab bitbucket azure-devops buildkite circleci spacelift tfe doppler onepassword bitwarden infisical
  tailscale zerotier twingate netbird ngrok acme sslmate venafi
  datadog newrelic pagerduty opsgenie splunk-onprem sentry statuscake checkly betteruptime honeycomb logzio dynatrace lumigo
  auth0 okta onelogin duo descope workos jumpcloud
  snowflake databricks mongodbatlas confluentcloud aiven neon supabase planetscale upstash rediscloud cockroach astra
  pinecone cloudamqp timescale-cloud clickhouse-cloud b2 wasabi vercel netlify heroku fly render railway
  slack discord twilio sendgrid mailgun stripe meraki unifi routeros opnsense pfsense mikrotik
  `
    .trim()
    .split(/\s+/),
);

/**
 * Packages whose resources are objects in a server, or machines on one: the fields of the provider that lead to it.
 * What they make is kept where that server is.
 */
export const serverFields: Readonly<Record<string, readonly string[]>> = {
  postgresql: ["host"],
  mysql: ["endpoint"],
  mssql: ["hostname", "host"],
  mongodb: ["host", "url"],
  redis: ["host", "url"],
  minio: ["minioServer"],
  garage: ["host"],
  rabbitmq: ["endpoint"],
  kafka: ["bootstrapServers"],
  nats: ["servers"],
  influxdb: ["url"],
  "influxdb-v2": ["url"],
  elasticstack: ["endpoints", "elasticsearch"],
  ec: ["endpoint"],
  opensearch: ["url"],
  qdrant: ["url"],
  grafana: ["url"],
  vault: ["address"],
  consul: ["address"],
  nomad: ["address"],
  boundary: ["addr"],
  keycloak: ["url"],
  authentik: ["url"],
  zitadel: ["domain"],
  harbor: ["url"],
  gitea: ["baseUrl"],
  forgejo: ["host"],
  portainer: ["endpoint"],
  rancher2: ["apiUrl"],
  argocd: ["serverAddr"],
  proxmoxve: ["endpoint"],
  proxmox: ["endpoint", "pmApiUrl"],
  libvirt: ["uri"],
  incus: ["remotes", "address"],
  lxd: ["remotes", "address"],
  esxi: ["esxiHostname"],
  vsphere: ["vsphereServer"],
  podman: ["host", "uri", "url"],
  sonarr: ["url"],
  radarr: ["url"],
  prowlarr: ["url"],
  uptimekuma: ["baseUrl"],
};

/** Names of hosts of services that others run. */
export const servicesOfOthers =
  /\.(amazonaws\.com|azure\.com|windows\.net|googleapis\.com|run\.app|grafana\.net|hashicorp\.cloud|elastic-cloud\.com|aivencloud\.com|mongodb\.net|neon\.tech|supabase\.co|cloudamqp\.com|upstash\.io|digitaloceanspaces\.com|ondigitalocean\.com|cloudflarestorage\.com)$/i;

/** This project's own types below `homelab:remote` that put nothing on a node but what its own program puts back. */
export const ownKeepingNothing: ReadonlySet<string> = new Set([
  "Host",
  "Image",
  "Release",
  "Secret",
  "SecretFile",
]);
