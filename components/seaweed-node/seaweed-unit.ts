import { containerUnit, pathOfSecret, render } from "../../packages/quadlet";
import { seaweedfsParts as parts, type SeaweedfsCopySettings, type SeaweedfsSettings } from "../../services";
import { rootSecretPrefix } from "../object-store";
import { peerFiles, peerKeys } from "./peers";

export const service = "seaweedfs.service";
export const container = "seaweedfs";
export const identitiesSecret = "homelab-seaweedfs-identities";
export const rootPasswordSecret = `${rootSecretPrefix("seaweedfs")}-password`;
/** With it the backup takes its client's name from where it takes its password. */
export const rootUserSecret = `${rootSecretPrefix("seaweedfs")}-user`;
/** User and group in the official image. */
const owner = 1000;
export const dataOwner = `${owner}:${owner}`;

/** Where its files are, as it sees them. */
export interface WeedPlace {
  readonly data: string;
  readonly identities: string;
  /** Address on which it is reached from outside; NodeFirewall decides who does. */
  readonly serve: string;
}

/** One of the two that keep a copy each. */
export interface WeedPeer {
  /** Name of its node: no two copies of an object are on the same. */
  readonly node: string;
  /** Address by which the other one reaches it. */
  readonly address: string;
  /** The other one's. Of whatever asks over HTTP, only the two are answered: the master deletes a bucket's volumes without a key. */
  readonly other: string;
  /** `host:port` of the master that it follows. @default its own */
  readonly follows?: string;
  /** Whether each object is kept on both. It is the master who sees to that. @default false */
  readonly required?: boolean;
}
export type WeedSettings = SeaweedfsCopySettings | SeaweedfsSettings;
const inContainer: WeedPlace = {
  data: "/data",
  identities: pathOfSecret(identitiesSecret),
  serve: "0.0.0.0",
};

/** SeaweedFS' word for: once more, on another rack. And for: once. */
export const twice = "010";
export const once = "000";

/**
 * The arguments of `weed`: master, volume server, filer and S3 in one process. All but S3 and the figures ask for no key, and
 * listen on loopback; of two that keep a copy each they ask for the other's certificate.
 */
export function weedArguments(
  settings: WeedSettings,
  { data, identities, serve }: WeedPlace = inContainer,
  { master, volume, filer }: Readonly<Record<keyof typeof parts, number>> = parts,
  peer?: WeedPeer,
): string[] {
  return [
    "-logtostderr=true",
    "server",
    `-dir=${data}`,
    ...(peer === undefined
      ? ["-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
      : [
          ...[`-ip=${peer.address}`, `-ip.bind=${serve}`, `-rack=${peer.node}`],
          // `@` is what the parts of one process call each other: by a socket in the container.
          `-whiteList=@,127.0.0.1,${peer.address},${peer.other}`,
        ]),
    // On by default: it would tell its makers how much there is.
    "-master.telemetry=false",
    ...(peer?.follows === undefined
      ? // It is the only master: else it waits 10 to 20 seconds for others to vote, at each start.
        ["-master.peers=none"]
      : ["-master=false", `-master.peers=${peer.follows}`]),
    `-master.port=${master}`,
    ...("volumeSize" in settings ? [`-master.volumeSizeLimitMB=${settings.volumeSize}`] : []),
    ...(peer?.required === true ? [`-master.defaultReplication=${twice}`] : []),
    ...[`-volume.port=${volume}`, "-volume.max=0", `-volume.minFreeSpace=${settings.minFreeSpace}`],
    // Nobody else has to notice that it goes.
    ...(peer === undefined ? ["-volume.preStopSeconds=0"] : []),
    // Its HTTP door reads and deletes without a key.
    ...["-filer", `-filer.port=${filer}`, "-filer.disableHttp=true"],
    ...["-s3", `-s3.ip.bind=${serve}`, `-s3.port=${settings.apiPort}`, `-s3.config=${identities}`],
    // Identities are those of the file. Nobody makes further ones through S3's port.
    "-s3.iam=false",
    // A bucket is declared. Else a request of MinIO's admin API would "succeed" as an object.
    "-s3.autoCreateBucket=false",
    // Catalogs of its own, with doors on all addresses.
    ...["-s3.port.iceberg=0", "-s3.port.lance=0"],
    ...[`-metricsPort=${settings.metricsPort}`, `-metricsIp=${serve}`],
  ];
}

/** Go collects its garbage before it gets there, well below what the container may have. */
function goMemory(memory: string): string {
  const bytes = Number(memory.slice(0, -1)) * (memory.endsWith("G") ? 1024 : 1);
  return `${Math.floor(bytes * 0.4)}MiB`;
}

/**
 * The text of seaweedfs.container.
 * @param image whole reference of an image that is on the node already
 * @param peer of two that keep a copy each
 */
export function seaweedQuadlet(settings: WeedSettings, image: string, peer?: WeedPeer): string {
  const known = peerKeys.map((key) => ({ name: peerFiles[key].secret, target: peerFiles[key].path }));
  const unit = containerUnit({
    unit: {
      description: "SeaweedFS object storage",
      wants: ["network-online.target"],
      after: ["network-online.target"],
      requiresMountsFor: [settings.dataDirectory],
    },
    container: {
      containerName: container,
      image,
      pull: "never",
      network: "host",
      user: dataOwner,
      environment: { GOMEMLIMIT: goMemory(settings.memory) },
      secrets: [{ name: identitiesSecret }, ...(peer === undefined ? [] : known)].map((one) => ({
        ...one,
        ...{ mode: "0400", uid: owner },
      })),
      mounts: [{ source: settings.dataDirectory, target: "/data" }],
      tmpfs: ["/tmp"],
      readOnly: true,
      noNewPrivileges: true,
      dropCapabilities: ["all"],
      // It writes its volumes' indexes when it is stopped.
      stopTimeout: 90,
      logDriver: "journald",
      // The image's own script would add arguments, and change the owner of what is kept.
      entrypoint: "/usr/bin/weed",
      exec: weedArguments(settings, inContainer, parts, peer),
    },
    service: {
      restart: "always",
      restartSec: 5,
      timeoutStartSec: 180,
      timeoutStopSec: 105,
      memoryMax: settings.memory,
    },
    install: { wantedBy: ["multi-user.target"] },
  });
  return render(unit);
}

/** Answers while S3 does. */
export const healthUrl = ({ apiPort }: Pick<WeedSettings, "apiPort">): string =>
  `http://127.0.0.1:${apiPort}/healthz`;

/**
 * Whether S3 answers, and the master names a place for another object: it does so only while a volume of that bucket can be
 * written, or another can be made (with room on the disk; on both nodes, where each keeps a copy).
 */
export function canWrite(settings: SeaweedfsSettings, bucket: string): string[] {
  const both = settings.copy === "required";
  const where = both ? " on storage and on desktop, where SeaweedFS must run too" : "";
  const script = `curl -fsS -o /dev/null --max-time 5 "$0" && curl -fsS --max-time 10 "$1" | grep -q '"fid"' || { echo "S3 does not answer, or no volume can be written${where}." >&2; exit 1; }`;
  return [
    ...["bash", "-c", script, healthUrl(settings)],
    `http://127.0.0.1:${parts.master}/dir/assign?collection=${bucket}&writableVolumeCount=1${both ? `&replication=${twice}` : ""}`,
  ];
}
