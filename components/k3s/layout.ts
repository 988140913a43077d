import { releaseDirectory } from "../../remote/release";
import type { K3sAgentSettings } from "../../services";

/** Where the parts of K3s are on a node; those below /etc/rancher and /var/lib/rancher are K3s's own names. */
export const release = "k3s";
export const configFile = "/etc/rancher/k3s/config.yaml";
/** An agent's: with it a machine may join as an agent. */
export const agentTokenFile = "/etc/rancher/k3s/agent-token";
/** What a node proves itself by when it comes again under its name. @see https://docs.k3s.io/architecture#agent-node-registration */
export const nodePasswordFile = "/etc/rancher/node/password";
export const kubeconfigFile = "/etc/rancher/k3s/k3s.yaml";
export const scriptDirectory = "/usr/local/lib/homelab";

export const serverService = "k3s.service";
export const agentService = "k3s-agent.service";

/**
 * The server's: made beside the cluster's state at its first start, so that it stays as long as that does, whatever
 * becomes of the stack.
 */
export const ownAgentTokenFile = (dataDirectory: string) => `${dataDirectory}/homelab-agent-token`;

/** The cluster's own secret, which K3s makes at its first start. */
export const serverTokenFile = (dataDirectory: string) => `${dataDirectory}/server/token`;

/** The certificate authority by which clients know the server; K3s makes it once for a cluster. */
export const authorityFile = (dataDirectory: string) => `${dataDirectory}/server/tls/server-ca.crt`;

/** The agents' token as the server hands it out: with the hash of its certificate authority, so that no other passes for it. */
export const joinTokenFile = (dataDirectory: string) => `${dataDirectory}/server/agent-token`;

/** The release names its program for amd64 without the architecture. */
export const programName = (architecture: K3sAgentSettings["architecture"]) =>
  architecture === "amd64" ? release : `${release}-${architecture}`;

/** K3s of one version; it stays there beside its successor, so that a unit can go back. */
export const program = ({ version, architecture }: Pick<K3sAgentSettings, "version" | "architecture">) =>
  `${releaseDirectory(release, version)}/${programName(architecture)}`;

/** What the ObservabilityStack is told of the cluster's server. */
export const measuredCluster = (settings: K3sAgentSettings) => ({
  program: program(settings),
  authority: authorityFile(settings.dataDirectory),
});

/** Volumes of local-path claims, made there with the first of them. @see https://docs.k3s.io/storage */
export const volumeDirectory = (dataDirectory: string) => `${dataDirectory}/storage`;

/** Archives of images in here are imported when K3s starts. @see https://docs.k3s.io/installation/airgap */
export const imageDirectory = (dataDirectory: string) => `${dataDirectory}/agent/images`;

/** Interface of the bridge behind which the node's pods are. */
export const podBridge = "cni0";

/** Interface by which pods of the other nodes come: flannel's, as K3s sets it up. */
export const podOverlay = "flannel.1";
