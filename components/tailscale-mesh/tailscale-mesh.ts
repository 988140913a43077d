import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Member, PolicyPart } from "../../provider/sdk/mesh";
import type { Unit } from "../../provider/sdk/remote";
import {
  services,
  tailscaledRun,
  usualMetricsDirectory,
  type MeshSettings,
  type OpenPort,
} from "../../services";
import { connectionOf, type Node, type Topology } from "../../topology";
import { childOptions } from "../child-options";
import { placementOf } from "../placement";
import { QuadletService } from "../quadlet-service";
import { scriptFile, timed } from "../unit-files";
import { policyPart, tagOf, tagOwners } from "./policy";

export interface TailscaleMeshArgs {
  /** The node that becomes a member. */
  node: Node;
  /** All nodes: headscale, if it coordinates, is on storage. */
  topology: Topology;
  /** `homelab:mesh` of the node's stack. */
  settings: MeshSettings;
  /** Ports that are open on the node: what its part of the policy is made of. */
  ports: readonly OpenPort[];
  /** Certificate of headscale, by which the node knows it. Needed with headscale. @default none: Tailscale's service */
  certificate?: pulumi.Input<string>;
  /** Where the textfile collector reads. @default {@link usualMetricsDirectory} */
  metricsDirectory?: string;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/** Whose the tags are, in headscale's policy: a user that nobody is, so nobody can give a machine a node's tag by hand. */
const houseOwner = "house@";

const watch = "homelab-mesh-watch";
const script = `/usr/local/lib/homelab/${watch}/watch.sh`;

/**
 * A node as a member of the house's tailnet: tailscaled as a container, the node joined with the tag of its role, who may
 * reach its ports (with headscale; for Tailscale's service `homelab mesh policy` prints it), and when its key ends.
 * @see https://tailscale.com/kb/1080/cli, https://headscale.net/stable/
 */
export class TailscaleMesh extends pulumi.ComponentResource {
  /** tailscaled's: once it is there, so is the mesh's interface. */
  readonly unit: Unit;
  /** The node's addresses in the mesh. */
  readonly addresses: pulumi.Output<string[]>;

  constructor(name: string, args: TailscaleMeshArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node, topology, settings, ports, certificate, sshIdentity } = args;
    const { metricsDirectory = usualMetricsDirectory } = args;
    const keeps = services.mesh.keeps(settings, undefined);
    super("homelab:index:TailscaleMesh", name, { placement: placementOf(node, "tailscale", keeps) }, opts);
    const connection = connectionOf(node, sshIdentity);
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const run = tailscaledRun(settings, node.mesh);
    const daemon = new QuadletService(
      `${name}-tailscaled`,
      {
        ...{ node, run, keeps, sshIdentity },
        // Whoever comes by the mesh may cut himself off.
        confirmSeconds: 60,
        ...(certificate === undefined
          ? {}
          : {
              services: { headscale: { certificate } },
              secrets: { certificate: ({ services }) => services?.headscale?.certificate ?? "" },
            }),
      },
      options(),
    );
    this.unit = daemon.unit;
    const coordinator =
      settings.coordination === "headscale"
        ? { connection: connectionOf(topology.nodes.storage, sshIdentity), container: "headscale" }
        : undefined;
    const tag = tagOf(node.name);
    const member = new Member(
      `${name}-member`,
      {
        connection,
        container: run.name,
        stateFile: `${settings.stateDirectory}/tailscaled.state`,
        server: settings.url,
        ...{ hostname: node.name, tag, authKey: settings.authKey },
        ...(coordinator === undefined ? {} : { coordinator }),
        ...(node.mesh === undefined ? {} : { address: node.mesh }),
      },
      options({ dependsOn: daemon.unit }),
    );
    this.addresses = member.addresses;
    if (coordinator !== undefined) {
      const { grants, tests } = policyPart(node, ports, settings.operators);
      new PolicyPart(
        `${name}-policy`,
        {
          ...{ coordinator, connection, node: node.name, tag, owners: copied(tagOwners(houseOwner)) },
          grants: grants.map(({ src, dst, ip }) => ({ src: [...src], dst: [...dst], ip: [...ip] })),
          tests: tests.map(({ src, accept, deny }) => ({
            src,
            ...(accept === undefined ? {} : { accept: [...accept] }),
            ...(deny === undefined ? {} : { deny: [...deny] }),
          })),
        },
        options({ dependsOn: member }),
      );
    }
    timed(
      `${name}-watch`,
      {
        ...{ connection, unit: watch },
        timer: {
          unit: { description: "When it is looked how the node is in the mesh" },
          timer: { onActiveSec: 15, onUnitInactiveSec: 30, accuracySec: 5 },
        },
        service: {
          unit: { description: "Says how the node is in the mesh" },
          service: {
            type: "oneshot",
            execStart: [[script, run.name, metricsDirectory]],
            timeoutStartSec: 60,
          },
        },
        scripts: [scriptFile(script, join(__dirname, "scripts/watch.sh"))],
      },
      options({ dependsOn: daemon.unit }),
    );
    this.registerOutputs({ addresses: this.addresses });
  }
}

const copied = (owners: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(owners).map(([key, list]) => [key, [...list]]));
