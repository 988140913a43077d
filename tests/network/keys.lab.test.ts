import { expect, it } from "vitest";
import { nodeNames } from "../../topology";
import { onNode } from "../support/lab";

const search =
  "grep -rlsI --exclude-dir=proc --exclude-dir=sys --exclude-dir=overlay -e 'BEGIN OPENSSH PRIVATE KEY' /etc /root /home /srv /usr/local/lib /var/lib/homelab /var/lib/containers/storage/secrets | grep -v '^/etc/ssh/ssh_host_' || true";

it.each(nodeNames)("no private key for SSH is on %s", (node) => {
  expect(onNode(node, search)).toBe("");
  onNode(node, "printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\\n' >/root/lab-key");
  try {
    expect(onNode(node, search).trim()).toBe("/root/lab-key");
  } finally {
    onNode(node, "rm /root/lab-key");
  }
});
