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
  "/var/lib/kubelet",
  "/var/lib/kubelet/device-plugins",
  "/var/lib/kubelet/plugins/x",
  "/var/lib/kubelet/plugins_registry",
  "/var/lib/kubelet/pods",
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
  ["BlockDevice", true],
  ["File", false],
  ["DirectoryOrCreate", false],
])("a hostPath of type %s is plumbing: %s", (type, plumbing) => {
  expect(isPlumbing("/opt/thing", type)).toBe(plumbing);
});
