import { afterAll, beforeAll, expect, it } from "vitest";
import { onNode } from "../support/lab";
import { byHand } from "../support/services";
import { nothingToChange, up, well } from "../support/stack";

/** sshd on storage as Lynis, the CIS benchmarks and dev-sec's role leave it: an up works all the same. */
const file = "/etc/ssh/sshd_config.d/10-hardened.conf";
const settings = [
  ...["DisableForwarding yes", "AllowTcpForwarding no", "AllowAgentForwarding no", "X11Forwarding no"],
  ...["GatewayPorts no", "PermitTunnel no", "MaxSessions 1", "MaxAuthTries 2", "MaxStartups 4:50:10"],
  ...[
    "LoginGraceTime 30",
    "ClientAliveInterval 300",
    "ClientAliveCountMax 2",
    "TCPKeepAlive no",
    "Compression no",
  ],
  ...["PermitRootLogin prohibit-password", "PasswordAuthentication no", "KbdInteractiveAuthentication no"],
  ...["KexAlgorithms curve25519-sha256", "Ciphers aes256-gcm@openssh.com,aes256-ctr", "LogLevel VERBOSE"],
  ...["MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com", "AllowUsers root"],
];

beforeAll(() => {
  onNode("storage", `cat >${file} && sshd -t && systemctl reload ssh`, `${settings.join("\n")}\n`);
});
afterAll(() => {
  onNode("storage", `rm -f ${file} && systemctl reload ssh`);
});

it("all is compared and put right over an sshd that forwards nothing and allows one session on a connection", () => {
  expect(onNode("storage", "sshd -T").toLowerCase()).toMatch(/^maxsessions 1$/m);
  expect(nothingToChange().text).not.toMatch(/not compared/i);
  byHand("postgres", "alter role agent connection limit 1");
  well(up("storage", "--target", "**::postgres-role-agent"));
  expect(byHand("postgres", "select rolconnlimit from pg_roles where rolname = 'agent'")).toBe("-1");
});
