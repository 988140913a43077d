export type { NatsSettings } from "./nats";
export { clientsOfPools, natsUsersOf, queueUser, taskStream, type AgentsSettings } from "./agents-settings";
export type { InferenceSettings } from "./inference-settings";
export { wokenByModels, type Woken } from "./inference-wake";
export { alertsSchema, type AlertsSettings } from "./alerts";
export {
  backupNodeSchema,
  backupServerSchema,
  usualMetricsDirectory,
  type BackupDesktopSettings,
  type BackupNodeSettings,
  type BackupServerSettings,
} from "./backup";
export { isCalendar } from "./calendar";
export {
  computeSchema,
  computeWith,
  contextOf,
  podsOn,
  runningServices,
  type ComputeSettings,
  type RunningPods,
} from "./compute";
export { dataDirectory, identifier, port, strict } from "./fields";
export { grafanaSchema, grafanaSecretName, grafanaSecrets, type GrafanaSettings } from "./grafana";
export { services, type ServiceName } from "./catalog";
export { clusterNamespace, podsInCluster } from "./in-cluster";
export { jobsDoor, jobsFlow, type JobsSettings } from "./jobs";
export {
  k3sAgentSchema,
  kubeletPort,
  k3sServerSchema,
  type K3sAgentSettings,
  type K3sServerSettings,
} from "./k3s";
export {
  logEngines,
  logShippingSchema,
  logsDirectory,
  logsImage,
  logsPort,
  logsSchema,
  shippingState,
  type LogEngine,
  type LogShippingSettings,
  type LogsSettings,
} from "./logs";
export { certificateOf } from "./certificate";
export { headscaleCertificate, headscaleRun, type HeadscaleSettings } from "./headscale";
export { meshInterface, meshUnit, tailscaledRun, type MeshSettings } from "./mesh";
export { metricsSchema, type MetricsSettings } from "./metrics";
export { minioSchema, type MinioSettings } from "./minio";
export {
  declaredStore,
  type DeclaredStore,
  type ObjectStoreEngine,
  type ObjectStoreSettings,
} from "./object-store";
export { engineRuns } from "./s3-fields";
export { seaweedfsParts, seaweedfsSchema, type SeaweedfsSettings } from "./seaweedfs";
export type { SeaweedfsCopySettings } from "./seaweedfs-copy";
export { modelWeights } from "./compute-group";
export { placed, podSecurity, podUser, containerSecurity, securityOf, tmp } from "./pod";
export type { MountedFile, PodContext, PodRun, PodSchedule, Probe, Program, Scratch, Workload } from "./pod";
export { credentialsName } from "./pod-credentials";
export { sharedFiles } from "./pod-files";
export type { PodKeys } from "./pod-keys";
export { portProblems } from "./ports";
export {
  postgresSchema,
  replicationRole,
  serverSizes,
  type DatabaseSettings,
  type PostgresSettings,
  type RoleSettings,
} from "./postgres";
export { restartParameters } from "./postgres-catalog";
export {
  monitorSecrets,
  postgresExporterSchema,
  postgresExporterUnit,
  type PostgresExporterSettings,
} from "./postgres-exporter";
export {
  powerKeeperSchema,
  powerPort,
  powerScheduleSchema,
  type PowerKeeperSettings,
  type PowerScheduleSettings,
} from "./power";
export { prefectLogin, type PrefectSettings } from "./prefect";
export { prometheusSchema, type PrometheusSettings } from "./prometheus";
export { replicaSchema, type ReplicaSettings } from "./replica";
export {
  bookkeepers,
  clientsOf,
  keptFiles,
  meshClientsOf,
  portsOf,
  postgresWith,
  productionImages,
  quadletsOn,
  runningOn,
  schemasOn,
  scrapedOn,
  secretNames,
  serviceProblems,
  urlsOf,
  type OpenPort,
  type ServiceSettings,
} from "./running";
export { NotHandedOutError, secretName, service } from "./service";
export type {
  Keeps,
  QuadletRun,
  Schedule,
  SecretSources,
  StorageValues,
  Service,
  ServiceContext,
  ServicePort,
  Services,
} from "./service";
export { runsPolicy } from "./runs-policy";
export { bytesOf, kubernetesSize, podmanSize, sizeText } from "./sizes";
export { type WorkloadsSettings } from "./workload-settings";
