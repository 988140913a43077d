import { afterAll, describe, expect, it } from "vitest";
import { nodeNames } from "../../topology";
import { labTopology, onNode } from "../support/lab";
import { addresses, asStranger, listening, meantForAll, openToStranger } from "../support/stranger";

/** The owner's own door; no component opens it. */
const ssh = (node: (typeof nodeNames)[number]) => ({
  protocol: "tcp" as const,
  port: labTopology().nodes[node].ssh.port,
});

describe("what listens on a node", () => {
  afterAll(() => {
    onNode(
      "storage",
      "systemctl stop lab-open-tcp lab-open-udp 2>/dev/null; podman rm -f -t 0 lab-open 2>/dev/null || true",
    );
  });

  it.each(nodeNames)(
    "of %s is closed to a stranger on the LAN, but for SSH and what is declared for anyone",
    (node) => {
      expect(listening(node)).toContainEqual(ssh(node));
      // Both families are asked, and can be answered.
      expect(addresses(node)).toHaveLength(2);
      for (const address of addresses(node)) {
        asStranger(`timeout 3 bash -c '</dev/tcp/${address}/${ssh(node).port}'`);
      }
      expect(openToStranger(node)).toEqual(meantForAll(node));
    },
  );

  it("is what was meant: storage has its services, and desktop reaches them", () => {
    const ports = listening("storage").map(({ port }) => port);
    for (const port of [5432, 9000, 9001, 8010]) {
      expect(ports).toContain(port);
      onNode("desktop", `timeout 3 bash -c '</dev/tcp/10.77.0.11/${port}'`);
    }
  });

  it("is found open when nobody declared it: a program's port in TCP and UDP, and one that is forwarded", () => {
    // What a run that was cut off left.
    onNode("storage", "systemctl reset-failed 'lab-open-*' 2>/dev/null || true");
    onNode("storage", "systemd-run --quiet --collect --unit lab-open-tcp python3 -m http.server 8899");
    onNode(
      "storage",
      "systemd-run --quiet --collect --unit lab-open-udp python3 -c 'import socket; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind((\"::\", 8898)); s.recv(1); input()'",
    );
    onNode(
      "storage",
      "timeout 20 bash -c 'until ss -Hltn | grep -q :8899 && ss -Hlun | grep -q :8898; do sleep 0.1; done'",
    );
    onNode(
      "storage",
      "nft 'table ip lab_open { chain pre { type nat hook prerouting priority dstnat; tcp dport 8897 redirect to :8899; }; }'",
    );
    try {
      expect(openToStranger("storage")).toEqual(
        [
          ...meantForAll("storage"),
          { protocol: "tcp", port: 8897 },
          { protocol: "udp", port: 8898 },
          { protocol: "tcp", port: 8899 },
        ].sort((a, b) => a.port - b.port),
      );
    } finally {
      onNode(
        "storage",
        "nft delete table ip lab_open; systemctl stop lab-open-tcp lab-open-udp 2>/dev/null || true",
      );
    }
  });
});
