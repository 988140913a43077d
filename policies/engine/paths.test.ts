import { expect, it } from "vitest";
import { isPlumbing, normalize } from "./paths";

it.each([
  ["/a//b/", "/a/b"],
  ["/a/./b/../c", "/a/c"],
  ["/../..", "/"],
  ["", "/"],
])("normalizes %j to %j", (path, clean) => {
  expect(normalize(path)).toBe(clean);
});

it.each([
  "/dev",
  "/dev/dri",
  "/sys",
  "/sys/fs/cgroup",
  "/proc",
  "/proc/1/ns",
  "/run",
  "/run/k3s/containerd",
  "/var/run",
  "/var/run/dbus",
  "/var/lib/mysql/mysql.sock",
  "/opt/x.socket",
  "/etc/localtime",
  "/etc/timezone",
  "/etc/TZ",
  "/usr/share/zoneinfo/UTC",
  "/var/lib/kubelet/device-plugins",
  "/var/lib/kubelet/plugins/x",
  "/var/lib/kubelet/plugins_registry",
  "/var/lib/kubelet/pods/",
  "/var/lib/kubelet/plugins/kubernetes.io/csi",
  "/dev/nvidia0",
  "/dev/sg0",
  "/dev/vga_arbiter",
  "/dev/loop-control",
  "/dev/shm",
  "/dev/net/tun",
  "/dev/ttyUSB0",
  "/dev/serial/by-id/usb-stick",
  "/dev/video0",
  "/dev/rbd0",
  "/dev/nvme0",
  "/run/user/1000/pipewire-0",
  "/run/udev",
  "/proc/sys/net",
  "/proc/1/ns",
  "/var/lib/kubelet/pod-resources",
  "/var/lib/k0s/kubelet/plugins",
  "/srv/../run/x",
  "//./pipe/docker_engine",
  "\\\\.\\pipe\\docker_engine",
])("%s is plumbing", (path) => {
  expect(isPlumbing(path)).toBe(true);
});

it.each([
  "/",
  "/srv",
  "/device",
  "/running",
  "/var",
  "/var/runner",
  "/var/lib",
  "/var/lib/kubelet-data",
  "/var/lib/kubelet/seccomp",
  "/etc",
  "/etc/localtime.d",
  "/usr/share",
  "/run/../srv",
  "/proc/1/root/srv",
  "/proc/self/cwd",
  "/proc/1/task/1/root/srv",
  "/proc/thread-self/root",
  "/proc//self/./fd/3/srv",
  "/run/../proc/1/root",
  "/run/media/anna/disk",
  "/var/run/media/anna/disk",
  "/run/desktop/mnt/host/c/data",
  "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/0a1b/rootfs/srv",
  "/dev/sda",
  "/dev/sdb1",
  "/dev/vdaa3",
  "/dev/nvme0n1",
  "/dev/nvme0n1p2",
  "/dev/mmcblk0p1",
  "/dev/loop0",
  "/dev/md0",
  "/dev/md/data",
  "/dev/dm-0",
  "/dev/mapper/data",
  "/dev/disk/by-id/ata-x",
  "/dev/zvol/tank/x",
  "/var/lib/kubelet",
  "/var/lib/kubelet/",
  "/var/lib/kubelet/plugins/mine/data",
  "/var/lib/kubelet/pods/0a1b/volumes",
  "/var/lib/rancher/k3s/agent/kubelet",
  "/x.sock/data",
  "/opt/cni/bin",
  "/etc/cni/net.d",
  "dev",
  "/data/dev",
  "/pipe/x",
])("%s is not", (path) => {
  // A relative path is the folder's, whatever it is called.
  expect(isPlumbing(path.startsWith("/") ? path : `/project/${path}`)).toBe(false);
});

it.each([
  ["Socket", true],
  ["CharDevice", true],
  ["BlockDevice", false],
  ["", false],
  ["File", false],
  ["DirectoryOrCreate", false],
])("a hostPath of type %s is plumbing: %s", (type, plumbing) => {
  expect(isPlumbing("/opt/thing", type)).toBe(plumbing);
});

it.each([
  ["/srv/db.sock", "DirectoryOrCreate", false],
  ["/srv/db.sock", "Directory", false],
  ["/srv/db.sock", "FileOrCreate", false],
  ["/srv/db.sock", "Socket", true],
  ["/srv/db.sock", undefined, true],
  ["/srv/db.sock", "", true],
  ["/run/app.sock", "DirectoryOrCreate", true],
  ["/dev/sda", "BlockDevice", false],
  ["/proc/1/root/srv/db.sock", "Socket", false],
])("a hostPath %s of type %s is plumbing: %s", (path, type, plumbing) => {
  expect(isPlumbing(path, type)).toBe(plumbing);
});
