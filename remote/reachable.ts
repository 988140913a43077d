import { connect } from "node:net";

/** A machine in the same house answers within milliseconds; one that is off never does. */
const patienceMs = 4_000;

/** Does anything accept connections there? Nothing is sent. */
export function reachable(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: patienceMs });
    const answer = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", answer(true));
    socket.once("timeout", answer(false));
    socket.once("error", answer(false));
  });
}
