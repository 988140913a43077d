import * as pulumi from "@pulumi/pulumi";
import { BackupNode } from "../components/backup-node";
import { BackupRepository, repositoryUrl } from "../components/backup-repository";
import { BackupServer } from "../components/backup-server";
import { serverService, volumeDirectory } from "../components/k3s";
import { password, proposal } from "../components/password";
import type { PostgresNode } from "../components/postgres-node";
import { UserError } from "../components/user-error";
import { bookkeepers, keptFiles, type BackupNodeSettings, type K3sAgentSettings } from "../services";
import { connectionOf, houseAddress, isAlwaysOn, nodeNames, requireAlwaysOn, type Node } from "../topology";
import type { ObjectStore } from "./object-store";
import type { StorageOutputs } from "./storage-outputs";
import type { StackContext } from "./run-stack";

interface BackupServerContext extends Pick<StackContext<"storage">, "topology" | "settings"> {
  node: Node<"always-on">;
  postgres: PostgresNode;
  store: ObjectStore;
  firewall: pulumi.Resource;
}

/**
 * storage's side: it collects, and hands out where each node's repository is.
 * @returns undefined when there are no repositories.
 */
export function deployBackupServer({
  topology,
  node,
  settings,
  postgres,
  store,
  firewall,
}: BackupServerContext) {
  const { backup, k3s, sshIdentity } = settings;
  const files = backup.files
    ? repositories(node, topology.nodes.desktop, backup, sshIdentity, firewall)
    : undefined;
  const { key } = new BackupServer(
    "backup",
    {
      node,
      sshIdentity,
      settings: backup,
      postgres: {
        port: settings.postgres.port,
        dataDirectory: settings.postgres.dataDirectory,
        image: postgres.image,
        superuserFingerprint: postgres.superuserFingerprint,
        clients: bookkeepers(settings),
      },
      objectStore: store.backedUp,
      ...(k3s.enabled
        ? {
            cluster: {
              dataDirectory: k3s.dataDirectory,
              service: serverService,
              version: k3s.version,
            },
          }
        : {}),
      ...(files === undefined
        ? {}
        : {
            repositories: {
              key: files.key,
              keys: files.keys,
              offNodeKeeps: backup.offNode === "desktop",
              ...(files.offNode === undefined
                ? {}
                : { offNode: files.offNode, offNodeEnvironment: asSecrets(backup.offNodeEnvironment) }),
              ...(files.offNodeByLan === undefined ? {} : { offNodeByLan: files.offNodeByLan }),
            },
          }),
    },
    { dependsOn: postgres.unit },
  );
  if (files === undefined || key === undefined) return undefined;
  const volumes = volumesOf(node, settings);
  if (hasPaths(backup) || volumes.length > 0) {
    new BackupNode(
      "backup-node",
      {
        node,
        sshIdentity,
        settings: backup,
        volumes,
        repository: files.of.storage,
        key: files.keys.storage,
        metricsDirectory: backup.metricsDirectory,
      },
      { dependsOn: files.served },
    );
  }
  return {
    key,
    keys: files.keys,
    keepDays: backup.keepDays,
    repositories: files.of,
    offNodePassword: files.offNodePassword,
  };
}

const hasPaths = ({ paths, workspaceRoot }: BackupNodeSettings) => paths.length > 0 || workspaceRoot !== "";

/**
 * What is backed up beside the paths that the stack file names: what services keep, and what the cluster keeps for
 * local-path claims; all else in it is declared by stacks. An on-demand node has no such claim.
 */
const volumesOf = (node: Node, settings: { k3s: K3sAgentSettings }) => [
  ...keptFiles(node.name, settings),
  ...(settings.k3s.enabled && isAlwaysOn(node) ? [volumeDirectory(settings.k3s.dataDirectory)] : []),
];

const asSecrets = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, pulumi.secret(value)]));

function repositories(
  node: Node<"always-on">,
  desktop: Node,
  backup: StackContext<"storage">["settings"]["backup"],
  sshIdentity: string | undefined,
  firewall: pulumi.Resource,
) {
  const connection = connectionOf(node, sshIdentity);
  const generated = (name: string) =>
    password(
      `backup-${name}`,
      { connection, name: `homelab-backup-${name}` },
      // The repositories outlive the stack, and so does what opens them.
      { dependsOn: firewall, retainOnDelete: true },
    );
  const key = proposal("backup-key", {});
  const offNodePassword = generated("off-node-password");
  const ofEach = (what: string) =>
    Object.fromEntries(nodeNames.map((name) => [name, generated(`${what}-${name}`)])) as Record<
      (typeof nodeNames)[number],
      pulumi.Output<string>
    >;
  const users = ofEach("password");
  const keys = ofEach("key");
  const { unit: served } = new BackupRepository(
    "backup-repository",
    {
      node,
      sshIdentity,
      directory: `${backup.directory}/repository`,
      port: backup.repositoryPort,
      image: backup.repositoryImage,
      users,
      // A node that was taken over cannot take its former backups away.
      appendOnly: true,
    },
    { dependsOn: firewall },
  );
  const url = (name: (typeof nodeNames)[number]) =>
    repositoryUrl(houseAddress(node, { name }), backup.repositoryPort, name, users[name]);
  const port = backup.repositoryPort;
  const onDesktop = (host: string) => repositoryUrl(host, port, "storage", offNodePassword);
  const host = houseAddress(desktop);
  const offNode =
    backup.offNode === ""
      ? undefined
      : backup.offNode === "desktop"
        ? onDesktop(host)
        : pulumi.secret(backup.offNode);
  const offNodeByLan =
    backup.offNode !== "desktop" || host === desktop.address
      ? undefined
      : { url: onDesktop(desktop.address), mesh: { host, port } };
  return {
    key,
    keys,
    offNode,
    offNodeByLan,
    offNodePassword,
    served,
    of: { storage: url("storage"), desktop: url("desktop"), compute: url("compute") },
  };
}

/** The other nodes' side: their paths into their repository on storage; desktop may keep the copy of everything. */
export function deployBackupAgent(
  { node, settings }: StackContext<"desktop"> | StackContext<"compute">,
  endpoints: pulumi.Output<StorageOutputs | undefined>,
  opts: pulumi.ComponentResourceOptions,
): void {
  const { backup, sshIdentity } = settings;
  const keepsOffNode = "keepsOffNode" in backup && backup.keepsOffNode;
  const hasFiles = hasPaths(backup) || keptFiles(node.name, settings).length > 0;
  if (!hasFiles && !keepsOffNode) return;
  const known = endpoints.apply((all) => {
    if (all === undefined) return undefined;
    if (all.backup !== undefined) return all.backup;
    throw new UserError(
      `There is something to back up on ${node.name} (${[...backup.paths, ...keptFiles(node.name, settings)].join(", ")}), but storage has no repository: set homelab:backup.files on storage and run \`pulumi up --stack storage\` first.`,
    );
  });
  if (hasFiles) {
    new BackupNode(
      "backup-node",
      {
        node,
        sshIdentity,
        settings: backup,
        volumes: volumesOf(node, settings),
        repository: pulumi.secret(known.apply((all) => all?.repositories[node.name] ?? notYet)),
        key: pulumi.secret(known.apply((all) => all?.keys[node.name] ?? notYet)),
      },
      opts,
    );
  }
  if (!keepsOffNode) return;
  const keeper = requireAlwaysOn(node, "BackupRepository");
  new BackupRepository(
    "backup-repository",
    {
      node: keeper,
      sshIdentity,
      directory: `${backup.directory}/off-node`,
      port: backup.repositoryPort,
      image: backup.repositoryImage,
      users: { storage: pulumi.secret(known.apply((all) => all?.offNodePassword ?? notYet)) },
      // A storage that was taken over cannot take away what it copied here; what is too old this node takes away.
      appendOnly: true,
      keeps: {
        key: pulumi.secret(known.apply((all) => all?.key ?? notYet)),
        keepDays: known.apply((all) => all?.keepDays ?? 366),
        resticImage: backup.resticImage,
      },
    },
    opts,
  );
}

/** Only in a preview before storage's first up. */
const notYet = "not-known-yet";
