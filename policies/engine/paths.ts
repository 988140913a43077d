/** Paths of a node: which of them are device or runtime plumbing and not a place for data. */

/** Directories that are the machine's interfaces, made anew at every start. */
export const runtimeRoots = ["/dev", "/sys", "/proc", "/run", "/var/run"];

/** Parts of the kubelet's directory in which device plugins and CSI drivers meet it. */
export const kubeletParts = ["device-plugins", "plugins", "plugins_registry", "pods", "pod-resources"];

/** The kubelet's directory in the distributions. */
export const kubeletRoots = [
  "/var/lib/kubelet",
  "/var/lib/k0s/kubelet",
  "/var/lib/rancher/k3s/agent/kubelet",
  "/var/snap/microk8s/common/var/lib/kubelet",
  "/opt/rke/var/lib/kubelet",
];

export const timeZonePaths = ["/etc/localtime", "/etc/timezone", "/etc/TZ", "/usr/share/zoneinfo"];

/** Removes doubled and trailing slashes, "." and "..", so that "/run/../srv" is seen as "/srv". */
export function normalize(path: string): string {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") kept.pop();
    else kept.push(part);
  }
  return `/${kept.join("/")}`;
}

/** True when `path` is `root` or below it. Both normalized. */
export function within(path: string, root: string): boolean {
  return path === root || root === "/" || path.startsWith(`${root}/`);
}

/**
 * True for device and runtime plumbing: /dev, /sys, /proc, /run, /var/run, sockets, the directories of device
 * plugins and CSI drivers, time zone files.
 *
 * @param type the hostPath type, where there is one: a Socket or a device says what it is
 */
export function isPlumbing(path: string, type?: string): boolean {
  if (type === "Socket" || type === "CharDevice" || type === "BlockDevice") return true;
  if (/^(\\\\|\/\/)\.[\\/]pipe[\\/]/.test(path)) return true;
  const clean = normalize(path);
  // /proc/1/root is the node's whole file system by another name.
  if (/^\/proc\/[^/]+\/(root|cwd)(\/|$)/.test(clean)) return false;
  if (runtimeRoots.some((root) => within(clean, root))) return true;
  if (/\.sock(et)?$/.test(clean)) return true;
  if (timeZonePaths.some((root) => within(clean, root))) return true;
  return kubeletRoots.some(
    (root) => clean === root || kubeletParts.some((part) => within(clean, `${root}/${part}`)),
  );
}
