import { readFile } from "node:fs/promises";
import { Client, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";
import type { ConnectionArgs } from "./connection-args";
import { RemoteError, Unreachable } from "../packages/errors";
import { identityFile } from "./identity";
import { openFirst } from "./reachable";
import { notConnected, whereabouts } from "./unreachable";

/** From the connection to the end of the login: a busy machine takes its time, and one that hangs is given up. */
const loginTimeoutMs = 6_000;

/**
 * Connects and logs in.
 * @param onLost called once when the connection ends after that.
 * @throws Unreachable when the node does not answer; RemoteError when it answers and does not let us in.
 */
export async function logIn(connection: ConnectionArgs, onLost: () => void): Promise<Client> {
  const config = { ...(await credentials(connection)), ...login(connection) };
  const sock = await openFirst(connection).catch((error: unknown) => {
    throw notConnected(connection, error);
  });
  // A question is small, and TCP would keep it back until the answer to the last one is acknowledged: 40 ms each.
  sock.setNoDelay();
  const client = new Client();
  const seen = { hostKey: undefined as string | undefined, greeted: false };
  // What the server says of itself is the first that it sends.
  sock.once("data", () => (seen.greeted = true));
  return new Promise((resolve, reject) => {
    client.on("ready", () => {
      client.on("error", onLost).on("close", onLost);
      resolve(client);
    });
    client.on("error", (error) => {
      reject(explain(connection, error, seen));
    });
    client.on("close", () => {
      reject(explain(connection, new Error("closed"), seen));
    });
    client.connect({
      ...config,
      sock,
      hostVerifier: (key: Buffer) => {
        seen.hostKey = key.toString("base64");
        return seen.hostKey === connection.hostKey.split(" ")[1];
      },
    });
  });
}

function login(connection: ConnectionArgs): ConnectConfig {
  return {
    username: connection.user,
    readyTimeout: loginTimeoutMs,
    keepaliveInterval: 5_000,
    keepaliveCountMax: 4,
    // Ask for the kind of key that is known: a host with several would else show another one.
    algorithms: { serverHostKey: hostKeyAlgorithms(connection.hostKey) },
  };
}

function hostKeyAlgorithms(hostKey: string): ServerHostKeyAlgorithm[] {
  const kind = hostKey.split(" ")[0];
  if (kind === "ssh-rsa") return ["rsa-sha2-512", "rsa-sha2-256"];
  return [kind as ServerHostKeyAlgorithm];
}

async function credentials(connection: ConnectionArgs): Promise<ConnectConfig> {
  if (connection.identity === undefined) {
    const agent = process.env.SSH_AUTH_SOCK;
    if (agent !== undefined) return { agent };
    throw new RemoteError(
      `There is no key for ${connection.node}: set homelab:sshIdentity to a private key file, or start an SSH agent.`,
    );
  }
  try {
    return { privateKey: await readFile(identityFile(connection.identity)) };
  } catch {
    throw new RemoteError(
      `The SSH key ${connection.identity} for ${connection.node} cannot be read: set homelab:sshIdentity to a private key file.`,
    );
  }
}

interface Seen {
  readonly hostKey: string | undefined;
  readonly greeted: boolean;
}

/** The connection's failure as a sentence; ssh2's own error object may hold the key, so it is never passed on. */
function explain(connection: ConnectionArgs, error: Error & { level?: string }, seen: Seen): Error {
  const where = whereabouts(connection);
  const known = connection.hostKey.split(" ")[1];
  if (seen.hostKey !== undefined && seen.hostKey !== known) {
    return new RemoteError(
      `${where} shows another host key than the topology has: if the machine was reinstalled, put its new key into nodes.${connection.node}.hostKey; if not, do not connect.`,
    );
  }
  const key = connection.identity ?? "the SSH agent";
  if (error.level === "client-authentication") {
    return new RemoteError(
      `${where} refused the key of ${key} for user ${connection.user}: add its public half to that user's authorized_keys. If it is there, sshd_config does not let this user in that way (AllowUsers, AllowGroups, PermitRootLogin, AuthenticationMethods): it must allow publickey alone.`,
    );
  }
  if (/too many authentication failures/i.test(error.message)) {
    return new RemoteError(
      `${where} gave up before ${key} offered the right key for user ${connection.user} (MaxAuthTries in sshd_config): set homelab:sshIdentity to the key's file.`,
    );
  }
  if (error.message.includes("Encrypted private") || error.message.includes("Cannot parse privateKey")) {
    return new RemoteError(
      `The SSH key ${connection.identity ?? ""} cannot be used as it is: add it to an SSH agent and set homelab:sshIdentity to agent, or use a key without a passphrase.`,
    );
  }
  const without = /no matching (key exchange|host key|[CS]->[CS] (?:cipher|MAC))/.exec(error.message)?.[1];
  if (without !== undefined) {
    return new RemoteError(
      `${where} and this program have no ${nameOf(without)} in common: ${allowing(without)} in sshd_config there.`,
    );
  }
  return seen.greeted ? notConnected(connection, undefined) : banned(connection);
}

const nameOf = (without: string) =>
  without.replace(/^[CS]->[CS] /, "").replace("host key", "kind of host key");

function allowing(without: string): string {
  if (without === "key exchange") return "allow curve25519-sha256 (KexAlgorithms)";
  if (without === "host key") return "offer the host key that the topology has (HostKey, HostKeyAlgorithms)";
  if (without.endsWith("cipher")) return "allow aes256-gcm@openssh.com (Ciphers)";
  return "allow hmac-sha2-256-etm@openssh.com (MACs)";
}

function banned(connection: ConnectionArgs): Unreachable {
  return new Unreachable(
    `${whereabouts(connection)} ends connections before the login: it is starting up, or sshd there bans this computer for a while (PerSourcePenalties, MaxStartups, hosts.deny; \`journalctl -u ssh\` there says which).`,
  );
}
