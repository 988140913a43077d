import * as pulumi from "@pulumi/pulumi";
import { MinioNode } from "../components/minio-node";
import { rootSecretPrefix, type ObjectStoreEndpoints } from "../components/object-store";
import { SeaweedCopy, SeaweedNode } from "../components/seaweed-node";
import { declaredStore, engineRuns } from "../services";
import { reachable } from "../remote/reachable";
import { houseAddress, requireAlwaysOn, type Node } from "../topology";
import type { StackContext } from "./run-stack";
import { partOf, type StorageOutputs } from "./storage-outputs";

/** The object store, whichever engine serves it. */
export interface ObjectStore {
  readonly endpoints: ObjectStoreEndpoints;
  /** URL of the engine's own page, if it has one. */
  readonly console: string | undefined;
  /** All that was declared for it. */
  readonly components: readonly pulumi.Resource[];
  /** What desktop is given to keep a second copy, where it may. */
  readonly copy: SeaweedNode["copyGiven"];
  /** Of the engine that serves: what the backup needs to ask it. */
  readonly backedUp: {
    readonly apiPort: number;
    readonly dataDirectory: string;
    /** Image that holds MinIO's client. */
    readonly image: string;
    /** Beginning of the names of the podman secrets with the root user's name and password. */
    readonly secrets: string;
  };
}

/** Where it runs, and what is there. */
interface ObjectStorePlace {
  readonly node: Node<"always-on">;
  readonly firewall: pulumi.Resource;
  /** Buckets that MinIO has already; these are taken over. */
  readonly bucketsThere: readonly string[];
}

/** The engine that serves S3, and the one beside it, if any, with the same buckets and users. */
export async function deployObjectStore(
  { settings, topology }: StackContext<"storage">,
  { node, firewall, bucketsThere }: ObjectStorePlace,
): Promise<ObjectStore> {
  const { sshIdentity, objectStore } = settings;
  const declared = declaredStore(settings);
  const askedAt = await apiAddress(node, settings);
  const minio = engineRuns("minio", settings)
    ? new MinioNode(
        "minio",
        {
          ...{ node, sshIdentity, declared, askedAt, settings: settings.minio },
          existing: bucketsThere,
        },
        { dependsOn: firewall },
      )
    : undefined;
  const seaweed = engineRuns("seaweedfs", settings)
    ? new SeaweedNode(
        "seaweedfs",
        {
          ...{ node, sshIdentity, declared, askedAt, settings: settings.seaweedfs },
          clientImage: settings.minio.image,
          copyOn: topology.nodes.desktop,
        },
        // The users' keys are the node's: the first to come makes them, the other takes them over.
        { dependsOn: minio === undefined ? firewall : [firewall, minio] },
      )
    : undefined;
  const components = [minio, seaweed].filter((one) => one !== undefined);
  const copy = seaweed?.copyGiven;
  if (objectStore.engine === "seaweedfs" && seaweed !== undefined) {
    return {
      ...{ endpoints: seaweed.endpoints, console: undefined, components, copy },
      backedUp: {
        apiPort: settings.seaweedfs.apiPort,
        dataDirectory: settings.seaweedfs.dataDirectory,
        image: seaweed.clientImage,
        secrets: rootSecretPrefix("seaweedfs"),
      },
    };
  }
  if (minio === undefined) throw new Error("No engine serves S3.");
  return {
    ...{ endpoints: minio.endpoints, console: minio.endpoints.console, components, copy },
    backedUp: {
      apiPort: settings.minio.apiPort,
      dataDirectory: settings.minio.dataDirectory,
      image: minio.image,
      secrets: rootSecretPrefix("minio"),
    },
  };
}

/** The second copy of each object, where the node's settings say so. */
export function deployObjectCopy(
  { node, settings }: StackContext<"desktop">,
  endpoints: pulumi.Output<StorageOutputs | undefined>,
  opts: pulumi.ComponentResourceOptions,
): void {
  const { seaweedfsCopy, sshIdentity } = settings;
  if (!seaweedfsCopy.enabled) return;
  const given = partOf(
    endpoints,
    ({ objectCopy }) => objectCopy,
    "homelab:seaweedfsCopy.enabled is true, but storage offers no second copy: set homelab:seaweedfs.copy to offered there and run `pulumi up --stack storage` first.",
  );
  new SeaweedCopy(
    "seaweedfs",
    { node: requireAlwaysOn(node, "A second copy"), settings: seaweedfsCopy, given, sshIdentity },
    opts,
  );
}

/**
 * Where this run asks the API: on the LAN, which lets nodes and operators in; where that is closed to nodes, by the mesh if
 * the machine that this runs on is a member.
 */
async function apiAddress(
  node: Node,
  { mesh, minio, seaweedfs, objectStore }: StackContext<"storage">["settings"],
): Promise<string> {
  if (!mesh.only) return node.address;
  const { apiPort } = objectStore.engine === "seaweedfs" ? seaweedfs : minio;
  const byMesh = houseAddress(node);
  return (await reachable(byMesh, apiPort)) ? byMesh : node.address;
}
