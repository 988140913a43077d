import { Unreachable } from "../packages/errors";
import type { ConnectionArgs } from "./connection-args";
import { openFirst } from "./reachable";

type Where = Pick<ConnectionArgs, "node" | "host" | "mesh" | "port">;

/** A machine that is starting refuses connections until its sshd listens: seconds. */
const startingMs = 5_000;
const pauseMs = 250;

export const whereabouts = ({ node, host, port }: Where): string => `${node} (${host}, port ${port})`;

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : undefined);
const refused = (error: unknown) => codeOf(error) === "ECONNREFUSED";

/** What a machine that is off comes to, beside no answer at all: nobody has its address on the LAN. */
const nobodyThere = ["EHOSTUNREACH", "EHOSTDOWN", "ETIMEDOUT"];

/** Why no connection was made, as a sentence. */
export function notConnected(to: Where, error: unknown): Unreachable {
  const where = whereabouts(to);
  const code = codeOf(error);
  if (refused(error))
    return new Unreachable(
      `${where} refuses connections: it is starting up, its sshd listens on another port (ssh.port in the topology), or it bans this computer (fail2ban, \`ufw limit\`).`,
    );
  if (typeof code === "string" && !nobodyThere.includes(code))
    return new Unreachable(`${where} cannot be asked from this computer (${code}).`);
  return new Unreachable(`${where} does not answer: it is off, or the network between is down.`);
}

/**
 * Why a machine accepts no connections; nothing when it does. One that refuses them may be starting, and is asked again
 * for some seconds. Nothing is sent.
 */
export async function whyUnreachable(to: Where, patienceMs = startingMs): Promise<Unreachable | undefined> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      (await openFirst(to)).destroy();
      return undefined;
    } catch (error) {
      if (!refused(error) || Date.now() > end) return notConnected(to, error);
      await new Promise((again) => setTimeout(again, pauseMs));
    }
  }
}
