import type { ManagedFileArgs } from "../../provider/sdk/remote";
import { watched } from "../health-watch";
import { service } from "./layout";

/**
 * PostgreSQL among the services that are watched: it is told of, and never restarted by itself. The question is the first
 * message of its protocol, which every server that works answers with one letter and writes into no log.
 * @see https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-SSL
 */
export function postgresWatch(port: number, startSeconds: number): ManagedFileArgs {
  const ask = `exec 3<>"/dev/tcp/127.0.0.1/$0" && printf '\\0\\0\\0\\010\\004\\322\\026\\057' >&3 && read -r -N 1 -t 5 -u 3 answer && [[ $answer == [SN] ]] || { echo 'no answer on port '"$0"; exit 1; }`;
  return watched({ service, health: { exec: ["bash", "-c", ask, String(port)] }, ill: "tell", startSeconds });
}
