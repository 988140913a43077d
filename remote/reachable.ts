import { connect, type Socket } from "node:net";

/**
 * A machine in the same house answers within milliseconds, or, when the first packet is lost, after the second that TCP
 * waits with the next one. One that is off never does.
 */
const patienceMs = 3_000;

/**
 * A TCP connection, over which nothing has been sent.
 * @throws Error when nothing accepts it in time.
 */
export function openSocket(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const waiting = setTimeout(() => {
      socket.destroy(new Error(`nothing answered within ${patienceMs / 1000} s`));
    }, patienceMs);
    socket.once("error", reject);
    socket.once("close", () => {
      clearTimeout(waiting);
    });
    socket.once("connect", () => {
      clearTimeout(waiting);
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

/** Where a machine is: by the LAN first, and by the mesh where it is a member. */
export interface Reached {
  readonly host: string;
  readonly mesh?: string | undefined;
  readonly port: number;
}

/**
 * The same at the first of a machine's addresses that answers.
 * @throws Error of the LAN's address when none does.
 */
export async function openFirst({ host, mesh, port }: Reached): Promise<Socket> {
  try {
    return await openSocket(host, port);
  } catch (error) {
    if (mesh === undefined) throw error;
    return openSocket(mesh, port).catch(() => {
      throw error;
    });
  }
}

/** Does anything accept connections there? Nothing is sent. */
export async function reachable(host: string, port: number, mesh?: string): Promise<boolean> {
  try {
    (await openFirst({ host, mesh, port })).destroy();
    return true;
  } catch {
    return false;
  }
}
