/**
 * Which paths of a node are device and runtime plumbing, and which of them lead out again to its disks. A table, no
 * logic: the engine and the cluster's admission policies are both made from it.
 *
 * Each part between slashes is a regular expression without slashes that has to match the whole part; `**` stands for
 * any number of parts. RE2 and JavaScript must read it alike.
 */

/** The machine's interfaces, made at every start: what is below them too. */
const interfaces = ["/dev", "/sys", "/proc", "/run", "/var/run"];

const timeZone = ["/etc/localtime", "/etc/timezone", "/etc/TZ", "/usr/share/zoneinfo"];

/** The kubelet's directory in the distributions. */
const kubelets = [
  "/var/lib/kubelet",
  "/var/lib/k0s/kubelet",
  "/var/lib/rancher/k3s/agent/kubelet",
  "/var/snap/microk8s/common/var/lib/kubelet",
  "/opt/rke/var/lib/kubelet",
];

const below = (...parts: readonly string[]): readonly string[] =>
  kubelets.flatMap((root) => parts.map((part) => `${root}/${part}`));

/** Plumbing, with all that is below it. */
export const plumbing: readonly string[] = [
  ...interfaces,
  ...timeZone,
  // Where device plugins and CSI drivers meet the kubelet. Below kubernetes.io it mounts their volumes itself.
  ...below("device-plugins", "plugins_registry", "pod-resources", "plugins/kubernetes\\.io"),
];

/**
 * Plumbing itself and nothing below it: a CSI driver's own directory holds its socket, and one further down holds
 * data; the volumes of all pods are mounted by CSI drivers, those of one pod are its data. The kubelet's directory as
 * a whole holds all of this and every pod's files.
 */
export const plumbingAlone: readonly string[] = below("plugins", "plugins/[^/]+", "pods");

/** Places within the plumbing behind which the node's disks are. */
export const leadingOut: readonly string[] = [
  // Another view of a process's file system, working directory and open files.
  "/proc/**/(root|cwd|fd|exe|map_files)",
  "/proc/(kcore|kmem|mem)",
  // Where desktops mount disks, and container engines the file systems of containers; both are on a disk.
  "/(var/)?run/media",
  "/(var/)?run/desktop/mnt",
  "/(var/)?run/host",
  "/(var/)?run/(containerd|docker|k3s/containerd|containers|crio|user/[^/]+/containers)/**/(rootfs|merged|diff|upper)",
  // Block devices: a disk by its name, a partition, a logical volume.
  "/dev/((s|xv|v)d[a-z]{1,3}|hd[a-z])\\d*",
  "/dev/nvme\\d+(n\\d+(p\\d+)?)",
  "/dev/(mmcblk|loop|md|dm-|zd|bcache|drbd)\\d+(p\\d+)?(boot\\d+)?",
  "/dev/(disk|mapper|md|block|zvol|pmem\\d*|bcache|drbd|vg([b-z0-9_-][^/]*)?|[^/]*-vg)",
  "/sys/kernel/debug/block",
];

/** Ends of the names of sockets. */
export const socketName = /\.sock(et)?$/;

/** Types of hostPath that say themselves that the path is no place for data. */
export const plumbingTypes: readonly string[] = ["Socket", "CharDevice"];

/** Types by which a path is made a directory or a file where it is missing, or has to be one: no socket. */
export const placeTypes: readonly string[] = ["Directory", "DirectoryOrCreate", "File", "FileOrCreate"];
