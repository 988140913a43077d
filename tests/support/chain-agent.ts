import { connect, headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { onNode } from "./lab";
import { natsHandedOut } from "./stack";
import { idIn, traceparent } from "./trace";

/** An agent of a few lines on desktop, and who has a task for it: two connections to NATS. */
export class ChainAgent {
  private constructor(
    private readonly asks: NatsConnection,
    private readonly answers: NatsConnection,
  ) {}

  static async open(): Promise<ChainAgent> {
    const { NATS_URL: servers, passwords } = natsHandedOut();
    const one = () => connect({ servers, user: "agent", pass: passwords.nats.agent ?? "" });
    return new ChainAgent(await one(), await one());
  }

  /** Asks for what is done in one chain, and waits until it is. What goes wrong in it goes wrong here. */
  async task(id: string, seconds: number, does: (id: string) => Promise<void>): Promise<Msg> {
    const subject = `tasks.chain-${id.slice(0, 8)}`;
    const tasks = this.answers.subscribe(subject, { max: 1 });
    await this.answers.flush();
    const works = (async () => {
      for await (const task of tasks) {
        const own = idIn(task.headers?.get("traceparent"));
        await does(own);
        onNode("desktop", `logger -t scout 'looked for it correlation_id=${own}'`);
        task.respond("done", { headers: inChain(own) });
      }
    })();
    const answer = this.asks.request(subject, "look", { timeout: 1000 * seconds, headers: inChain(id) });
    await Promise.all([works, answer]);
    return answer;
  }

  async close(): Promise<void> {
    await Promise.all([this.asks.close(), this.answers.close()]);
  }
}

function inChain(id: string) {
  const made = headers();
  made.set("traceparent", traceparent(id));
  return made;
}
