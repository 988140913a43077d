import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { nodeNames } from "../topology";
import { lab, labTopology, onNode } from "../tests/support/lab";

const { nodes } = labTopology();

/** The addresses that routes of this network namespace lead to, as `ip route` prints them. */
const routes = (): string => execFileSync("ip", ["route"], { encoding: "utf8" });

/** The process's network, or undefined where that may not be seen (sudo's, for one). */
function networkOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** A process in this computer's own network: the nearest ancestor that lab/in has not moved into the lab's. */
function outsideProcess(): string {
  const own = networkOf("self");
  let pid = String(process.ppid);
  for (let network = networkOf(pid); network === undefined || network === own; network = networkOf(pid)) {
    pid = /^PPid:\s*([1-9]\d*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "none";
  }
  return pid;
}

describe("the lab", () => {
  it.each(nodeNames)("%s runs systemd, and no unit has failed", (node) => {
    expect(onNode(node, "ps -p 1 -o comm=").trim()).toBe("systemd");
    expect(onNode(node, "systemctl is-system-running --wait || systemctl --failed --no-legend").trim()).toBe(
      "running",
    );
  });

  it.each(nodeNames)("%s finds the other machines by name", (node) => {
    const found = onNode(node, `getent hosts ${nodeNames.map((name) => `${name}.home.arpa`).join(" ")}`);
    expect(
      found
        .trim()
        .split("\n")
        .map((line) => line.split(/\s+/).slice(0, 2)),
    ).toEqual(nodeNames.map((name) => [nodes[name].address, `${name}.home.arpa`]));
  });

  it("has no way out: neither its network nor its machines have a default route", () => {
    expect(routes()).toContain("10.77.0.0/24 dev lab0");
    expect(routes()).not.toContain("default");
    for (const node of nodeNames)
      expect(onNode(node, "ip route").trim()).toMatch(/^10\.77\.0\.0\/24 dev eth0 [^\n]*$/);
  });

  it("is not part of this computer's own network", () => {
    const outside = `/proc/${outsideProcess()}/net`;
    expect(readFileSync(`${outside}/dev`, "utf8")).not.toContain("lab0");
    // The kernel writes 10.77.0.0 in its own byte order.
    expect(readFileSync(`${outside}/route`, "utf8")).not.toContain("00004D0A");
    expect(readFileSync("/proc/self/net/route", "utf8")).toContain("00004D0A");
  });

  describe("a power cut", () => {
    afterAll(() => {
      lab("node", "start", "compute");
    });

    it("takes the machine off at once, and a start brings SSH back with the same disk", () => {
      onNode("compute", "echo kept >/root/kept && sync");
      const before = onNode("compute", "cat /etc/machine-id");
      lab("node", "kill", "compute");
      expect(lab("node", "status", "compute").trim()).toBe("off");
      expect(() => onNode("compute", "true")).toThrow();
      lab("node", "start", "compute");
      expect(lab("node", "status", "compute").trim()).toBe("on");
      expect(onNode("compute", "cat /root/kept; rm /root/kept").trim()).toBe("kept");
      expect(onNode("compute", "cat /etc/machine-id")).toBe(before);
    });

    it("with --lose-cache takes with it what was written and not synced, and nothing that was", () => {
      onNode(
        "compute",
        "mkdir /root/cut && echo kept >/root/cut/synced && sync -f /root/cut && echo gone >/root/cut/cached && echo half >/root/cut/.new && mv /root/cut/.new /root/cut/synced-name-only",
      );
      lab("node", "kill", "--lose-cache", "compute");
      expect(lab("node", "status", "compute").trim()).toBe("off");
      lab("node", "start", "compute");
      expect(onNode("compute", "cd /root/cut && grep -H '' *; rm -r /root/cut").trim()).toBe("synced:kept");
    });

    it("is over for what ran as a quadlet: it comes back by itself", () => {
      const unit =
        "[Container]\\nImage=localhost/homelab-lab/minio:RELEASE.2026-02-12\\nPull=never\\nExec=server /data\\n";
      const file = "/etc/containers/systemd/lab-test.container";
      onNode(
        "storage",
        `printf '${unit}[Install]\\nWantedBy=multi-user.target\\n' >${file} && systemctl daemon-reload && systemctl start lab-test`,
      );
      try {
        lab("node", "kill", "storage");
        lab("node", "start", "storage");
        const state = onNode(
          "storage",
          "systemctl is-system-running --wait >/dev/null; systemctl is-active lab-test || true",
        );
        expect(state.trim()).toBe("active");
      } finally {
        onNode("storage", `systemctl stop lab-test; rm -f ${file}; systemctl daemon-reload`);
      }
    });
  });
});
