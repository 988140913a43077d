import type * as pulumi from "@pulumi/pulumi";
import { unknown } from "@pulumi/pulumi/output";
import { QuadletService } from "../components/quadlet-service";
import { TailscaleMesh } from "../components/tailscale-mesh";
import { UserError } from "../components/user-error";
import { headscaleCertificate, headscaleRun, portsOf, services } from "../services";
import { requireAlwaysOn } from "../topology";
import type { StackContext } from "./run-stack";
import type { StorageOutputs } from "./storage-outputs";

/** What of the mesh a stack tells others. */
interface MeshOutputs {
  /** The node's addresses in the mesh. */
  MESH_ADDRESSES?: pulumi.Output<string[]>;
}

/** A node in the mesh, as far as the rest of its stack goes by it. */
interface Joined {
  readonly outputs: MeshOutputs;
  /** What needs the mesh's interface comes after these; none, where the node is no member. */
  readonly interface: readonly pulumi.Resource[];
}

/** The house's own coordination server, when storage's settings say so: the certificate by which members know it. */
export function deployHeadscale(
  { node, settings }: StackContext<"storage">,
  opts: pulumi.ComponentResourceOptions,
): { readonly server: QuadletService; readonly certificate: pulumi.Output<string> } | undefined {
  const { headscale, sshIdentity } = settings;
  if (!headscale.enabled) return undefined;
  const { service, passwords } = {
    service: services.headscale,
    passwords: services.headscale.passwords?.(headscale) ?? [],
  };
  const server = new QuadletService(
    "headscale",
    {
      node: requireAlwaysOn(node, "headscale"),
      ...{ run: headscaleRun(headscale), keeps: service.keeps(headscale, undefined), sshIdentity },
      ...{ passwords, secrets: service.secrets?.(headscale) ?? {} },
    },
    opts,
  );
  const { tls } = server.passwords;
  if (tls === undefined) throw new Error("headscale has no password of its own.");
  return { server, certificate: tls.apply((password) => headscaleCertificate(headscale, password)) };
}

/**
 * Makes the node a member of the mesh, when its settings say so.
 * @param certificate headscale's, asked for where it coordinates.
 */
export function joinMesh(
  { node, topology, settings }: StackContext,
  certificate: () => pulumi.Input<string> | undefined,
  opts: pulumi.ComponentResourceOptions,
): Joined {
  const { mesh, sshIdentity, backup } = settings;
  if (!mesh.enabled) return { outputs: {}, interface: [] };
  const known = mesh.coordination === "headscale" ? certificate() : undefined;
  const member = new TailscaleMesh(
    "mesh",
    {
      ...{ node, topology, settings: mesh, ports: portsOf(node.name, settings), sshIdentity },
      ...("metricsDirectory" in backup ? { metricsDirectory: backup.metricsDirectory } : {}),
      ...(known === undefined ? {} : { certificate: known }),
    },
    opts,
  );
  return { outputs: { MESH_ADDRESSES: member.addresses }, interface: [member.unit] };
}

/** headscale's certificate, as storage handed it out. In a preview before storage's first up it is not known. */
export const meshCertificate = (
  endpoints: pulumi.Output<StorageOutputs | undefined>,
): pulumi.Output<string> =>
  endpoints.apply((known) => {
    if (known === undefined) return unknown as unknown as string;
    if (known.MESH_CERTIFICATE !== undefined) return known.MESH_CERTIFICATE;
    throw new UserError(
      "homelab:mesh.coordination is headscale, but storage has none: set homelab:headscale.enabled there and run `pulumi up --stack storage` first.",
    );
  });
