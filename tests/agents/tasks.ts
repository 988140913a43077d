import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { expect } from "vitest";
import { inboxOf } from "../../services/agents-settings";
import { onLan, outputsOf } from "../support/stack";
import { newId, traceparent } from "../support/trace";

export interface Outputs {
  readonly NATS_URL: string;
  readonly INFERENCE_URL: string;
  readonly passwords: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What desktop hands out, passwords included; by the LAN. */
export function agentsHandedOut(): Outputs {
  const { NATS_URL, INFERENCE_URL, passwords } = outputsOf("desktop") as Outputs;
  return { NATS_URL: onLan(NATS_URL), INFERENCE_URL: onLan(INFERENCE_URL), passwords };
}

/** Gives tasks out to the pools of the lab's desktop, as whoever has work for agents. */
export class Tasks {
  readonly #open: NatsConnection[] = [];

  #known: Outputs | undefined;

  /** @param outputs asked once, with the first task */
  constructor(private readonly outputs: () => Outputs) {}

  async #as(user: string): Promise<NatsConnection> {
    this.#known ??= this.outputs();
    const { NATS_URL: servers, passwords } = this.#known;
    const made = await connect({
      ...{ servers, user, pass: passwords.nats?.[user] ?? "" },
      ...{ inboxPrefix: inboxOf(user), maxReconnectAttempts: -1 },
    });
    this.#open.push(made);
    return made;
  }

  /** Gives a task out. @returns its number and its chain */
  async give(pool: string, say: string, steps = 2): Promise<{ seq: number; chain: string }> {
    const chain = newId();
    const head = headers();
    head.set("traceparent", traceparent(chain));
    const { seq } = await jetstream(await this.#as("agents-tasks")).publish(
      `agents.task.${pool}.lab`,
      JSON.stringify({ say, steps }),
      { headers: head, msgID: chain },
    );
    return { seq, chain };
  }

  /** Waits until a task's result is kept. */
  async result(pool: string, seq: number): Promise<{ said: string[]; agent: string }> {
    const manager = await jetstreamManager(await this.#as("agents-queue"));
    const kept = async () =>
      await manager.streams
        .getMessage("AGENTS_DONE", { last_by_subj: `agents.done.${pool}.${seq}` })
        .catch(() => undefined);
    await expect.poll(kept, { timeout: 120_000, interval: 500 }).toBeTruthy();
    const told = (await kept())?.json<{ result: { said: string[] }; agent: string }>();
    if (told === undefined) throw new Error("what was kept is gone");
    return { said: told.result.said, agent: told.agent };
  }

  /** Gives a task out, and waits until its result is kept. */
  async done(pool: string, say: string): Promise<{ said: string[]; agent: string; chain: string }> {
    const { seq, chain } = await this.give(pool, say);
    return { ...(await this.result(pool, seq)), chain };
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((one) => one.close()));
  }
}
