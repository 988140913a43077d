/** Volumes of pods: where each comes from. */
import { unknown } from "../../../engine/facts";
import type { VolumeSource } from "../../../engine/facts";
import { at, record, records, text, yes } from "../../values";
import type { Values } from "../../values";
import { toldPath, withDefaults } from "../../variables";

/** Volume kinds whose data is off the node. */
export const networkSources = [
  "nfs",
  "iscsi",
  "rbd",
  "cephfs",
  "cifs",
  "smb",
  "glusterfs",
  "fc",
  "awsElasticBlockStore",
  "gcePersistentDisk",
  "azureDisk",
  "azureFile",
  "cinder",
  "vsphereVolume",
  "photonPersistentDisk",
  "quobyte",
  "scaleIO",
] as const;

/** flexVolume drivers of network storage. */
export const networkFlexDriver = /(cifs|smb|nfs|ceph|rbd|iscsi)/i;

/** CSI drivers that hand secrets, certificates or images to a pod and keep nothing. */
export const handingDriver =
  /secrets-store|cert-manager|spiffe|vault|secret|image\.csi|csi-image|trust|tigera|workload-identity/i;

/** Keys of a volume that are not its source. */
const notSources = new Set(["name", "readOnly", "$patch", "$retainKeys"]);

/** True when the volume itself, not the mount, says that nobody writes to it. */
export function volumeIsReadOnly(volume: Values): boolean {
  return yes(volume.readOnly) || yes(at(volume, "hostPath", "readOnly"));
}

/** Where a pod's volume comes from. A volume that states no source is an emptyDir, as in the API. */
export function podVolumeSource(volume: Values): VolumeSource {
  const stated = Object.keys(volume).filter((key) => !notSources.has(key));
  // Patches delete a source by null; "emptyDir:" with nothing after it is the usual way to write one.
  const kinds = stated.filter((key) => volume[key] !== null && volume[key] !== undefined);
  const kind = kinds.find((key) => key === "hostPath" || key === "persistentVolumeClaim") ?? kinds[0];
  if (kind === undefined) return { kind: "ephemeral", as: "emptyDir" };
  const value = record(volume[kind]);
  if ((networkSources as readonly string[]).includes(kind)) return { kind: "network", as: kind };
  switch (kind) {
    case "emptyDir":
    case "ephemeral":
    case "gitRepo":
    case "emptyDisk":
    case "containerDisk":
      return { kind: "ephemeral", as: kind };
    case "configMap":
      return { kind: "config", as: `ConfigMap ${text(value?.name) ?? ""}` };
    case "secret":
      return { kind: "config", as: `Secret ${text(value?.secretName) ?? ""}` };
    case "projected":
      return { kind: "config", as: projectedParts(value).join(", ") };
    case "downwardAPI":
    case "image":
    case "serviceAccount":
    case "cloudInitNoCloud":
    case "cloudInitConfigDrive":
    case "sysprep":
      return { kind: "config", as: kind };
    case "hostPath":
    case "hostDisk":
      return hostPathSource(volume[kind]);
    case "persistentVolumeClaim": {
      const claim = text(value?.claimName) ?? text(volume[kind]);
      return {
        kind: "claim",
        claim: claim === undefined || claim === "" ? unknown("it names no claim") : toldName(claim),
      };
    }
    case "dataVolume":
      return { kind: "claim", claim: text(value?.name) ?? unknown("it names no data volume") };
    case "csi": {
      const driver = text(value?.driver);
      if (driver === undefined) return unknown("its csi volume names no driver");
      return handingDriver.test(driver) ? { kind: "config", as: driver } : { kind: "driver", driver };
    }
    case "flexVolume": {
      const driver = text(value?.driver) ?? "flexVolume";
      return networkFlexDriver.test(driver) ? { kind: "network", as: driver } : { kind: "driver", driver };
    }
    case "portworxVolume":
    case "storageos":
    case "flocker":
      return { kind: "driver", driver: kind };
    default:
      return unknown(`${kind} is not a volume type of Kubernetes`);
  }
}

function hostPathSource(value: unknown): VolumeSource {
  const path = text(at(value, "path")) ?? text(value);
  const type = text(at(value, "type"));
  return {
    kind: "hostPath",
    path: path === undefined || path === "" ? unknown("it states no path") : toldPath(withDefaults(path)),
    ...(type === undefined ? {} : { type }),
  };
}

/** A name as far as it is known. */
export function toldName(name: string): ReturnType<typeof toldPath> {
  const filled = withDefaults(name);
  const told = toldPath(filled);
  return typeof told === "string" ? filled : told;
}

function projectedParts(value: Values | undefined): readonly string[] {
  return records(value?.sources).flatMap((source) => {
    const configMap = text(at(source, "configMap", "name"));
    const secret = text(at(source, "secret", "name"));
    return [
      ...(configMap === undefined ? [] : [`ConfigMap ${configMap}`]),
      ...(secret === undefined ? [] : [`Secret ${secret}`]),
    ];
  });
}
