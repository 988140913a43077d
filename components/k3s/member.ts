import type * as pulumi from "@pulumi/pulumi";
import { Release, Unit, type ManagedFileArgs } from "../../provider/sdk/remote";
import type { ConnectionArgs } from "../../remote/connection-args";
import type { K3sAgentSettings } from "../../services";
import type { Node } from "../../topology";
import { imageDirectory, program, programName, release, scriptDirectory } from "./layout";
import { scripts } from "./scripts";
import { k3sService, patience, serviceOf, stopScript, type Role } from "./service";

/** What a server and an agent have in common: the verified program, and the unit that runs it. */
export interface Member {
  readonly role: Role;
  readonly node: Node;
  readonly connection: ConnectionArgs;
  readonly settings: K3sAgentSettings;
  /** An agent's: its server's address in the mesh, where the house's traffic goes by it. */
  readonly serverByMesh?: string | undefined;
  /** Files of its own: configuration and tokens. */
  readonly files: readonly ManagedFileArgs[];
  /** A kubeconfig on the node that may see the node itself. */
  readonly kubeconfig: string;
  readonly keeps: readonly string[];
  readonly options: (own?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions;
}

/** The release's files: K3s, and its images for a node that can pull none. */
function releaseFiles({ architecture, airgapImages, dataDirectory }: K3sAgentSettings) {
  const archive = `k3s-airgap-images-${architecture}.tar.zst`;
  return [
    { name: programName(architecture), mode: "0755" },
    ...(airgapImages
      ? [{ name: archive, mode: "0644", alsoIn: `${imageDirectory(dataDirectory)}/${archive}` }]
      : []),
  ];
}

export function k3sMember(name: string, args: Member): Unit {
  const { role, node, connection, settings, options } = args;
  const installed = new Release(
    `${name}-release`,
    {
      connection,
      name: release,
      version: settings.version,
      from: settings.releases,
      checksums: `sha256sum-${settings.architecture}.txt`,
      files: releaseFiles(settings),
    },
    options(),
  );
  const service = serviceOf(role);
  return new Unit(
    `${name}-unit`,
    {
      connection,
      service,
      files: [
        {
          path: `/etc/systemd/system/${service}`,
          content: k3sService(role, settings, node.traffic !== undefined, args.serverByMesh),
        },
        ...args.files,
        ...scripts(...(args.serverByMesh === undefined ? [] : ["find-server"])),
      ],
      directories: [{ path: settings.dataDirectory, mode: "0700" }],
      restartOn: { program: installed.sums.apply((sums) => sums[programName(settings.architecture)] ?? "") },
      health: {
        exec: [`${scriptDirectory}/k3s-ready.sh`, program(settings), args.kubeconfig, node.name],
        timeoutSeconds: patience(240, settings),
      },
      // A service that is dead already, or that never was, does not run its ExecStopPost any more.
      onRemoval: stopScript(role),
      ...(args.keeps.length === 0 ? {} : { keeps: [...args.keeps] }),
    },
    options({ dependsOn: installed }),
  );
}
