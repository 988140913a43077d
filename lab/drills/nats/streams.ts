import {
  DiscardPolicy,
  jetstream,
  jetstreamManager,
  StorageType,
  type JetStreamManager,
} from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { natsHandedOut } from "../../../tests/support/stack";
import { seconds } from "../../../tests/support/pair";
import { messageOf, missing, older, type Found } from "./compare";

/** Publishers of one round, and what the server acknowledged to them. */

export type Nats = ReturnType<typeof natsHandedOut>;

/** Of all rounds of one setting. */
const lasting = "LAB_CUT";
/** Keeps the newest value of each key only, so older ones are removed all the time. */
const keys = "LAB_CUT_KEYS";
/** Made within the round. */
const ofRound = (round: number) => `LAB_CUT_${round}`;
const subjectOf = (stream: string) => stream.toLowerCase();

/** The connection of the user that may do everything. One that breaks is not mended: what is sent again was not sent once. */
const connected = ({ NATS_URL, passwords }: Nats, reconnect: boolean): Promise<NatsConnection> =>
  connect({
    servers: NATS_URL,
    user: "agent",
    pass: passwords.nats.agent ?? "",
    ...(reconnect
      ? { waitOnFirstConnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 200 }
      : { reconnect: false }),
  });

async function make(manager: JetStreamManager, name: string, newestOnly = false): Promise<void> {
  await manager.streams.add({
    name,
    subjects: [`${subjectOf(name)}.>`],
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    ...(newestOnly ? { max_msgs_per_subject: 1 } : {}),
  });
}

export interface Acknowledged {
  /** By stream, the number of each message by its sequence. */
  readonly messages: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** The last number of each key. */
  readonly keys: ReadonlyMap<string, number>;
  readonly values: number;
  readonly failures: readonly string[];
}

export const count = ({ messages, values }: Acknowledged): number =>
  values + [...messages.values()].reduce((sum, { size }) => sum + size, 0);

export class Publishers {
  readonly #messages = new Map<string, Map<number, number>>();
  readonly #keys = new Map<string, number>();
  #values = 0;
  #over = false;
  readonly #failures: string[] = [];
  readonly #loops: Promise<void>[] = [];

  private constructor(
    private readonly connection: NatsConnection,
    private next: number,
  ) {}

  /** @param from a number that is above all of the rounds before */
  static async begin(nats: Nats, round: number, from: number): Promise<Publishers> {
    const made = new Publishers(await connected(nats, false), from);
    const manager = await jetstreamManager(made.connection, { timeout: 30_000 });
    await make(manager, lasting);
    await make(manager, keys, true);
    await make(manager, ofRound(round));
    for (const stream of [lasting, lasting, lasting, ofRound(round), ofRound(round)]) made.#stream(stream);
    for (const key of ["a", "b"]) made.#key(key);
    return made;
  }

  #goOn(once: () => Promise<void>): void {
    const loop = async () => {
      while (this.#goesOn()) await once();
    };
    this.#loops.push(
      loop().catch((error: unknown) => {
        if (this.#goesOn()) this.#failures.push(`failed before the cut: ${String(error)}`);
      }),
    );
  }

  #goesOn(): boolean {
    return !this.#over;
  }

  async #publish(subject: string): Promise<{ n: number; sequence: number }> {
    const n = this.next++;
    const { seq } = await jetstream(this.connection).publish(subject, messageOf(n), { timeout: 30_000 });
    return { n, sequence: seq };
  }

  #stream(stream: string): void {
    const noted = this.#messages.get(stream) ?? new Map<number, number>();
    this.#messages.set(stream, noted);
    this.#goOn(async () => {
      const { n, sequence } = await this.#publish(`${subjectOf(stream)}.n`);
      noted.set(sequence, n);
    });
  }

  #key(name: string): void {
    let i = 0;
    this.#goOn(async () => {
      const key = `${subjectOf(keys)}.${name}${i++ % 10}`;
      const { n } = await this.#publish(key);
      this.#keys.set(key, n);
      this.#values += 1;
    });
  }

  /** Until each stream has taken something. */
  async until(): Promise<void> {
    const end = Date.now() + 60_000;
    const idle = () => this.#values === 0 || [...this.#messages.values()].some(({ size }) => size === 0);
    while (idle() && Date.now() < end) await seconds(0.1);
  }

  /** @param cut takes the power away; publishers go on while it does */
  async end(cut: () => Promise<unknown>): Promise<Acknowledged> {
    const closed = this.connection.closed();
    const failed = [...this.#failures];
    await cut();
    this.#over = true;
    // Nobody says so to who is connected: its machine is gone. What is not acknowledged by now never will be.
    const ended = Promise.allSettled([closed, this.connection.close(), ...this.#loops]);
    await Promise.race([ended, seconds(5)]);
    return { messages: this.#messages, keys: this.#keys, values: this.#values, failures: failed };
  }
}

const absent = (error: unknown): undefined => {
  // 10037: no message found; 10059: stream not found. Whatever else went wrong is no answer.
  if (error instanceof Error && /no message found|stream not found/i.test(error.message)) return undefined;
  throw error;
};

/** What is in a stream under these sequences and up to its end. */
async function read(manager: JetStreamManager, stream: string, sequences: Iterable<number>) {
  const info = await manager.streams.info(stream).catch(absent);
  const all = new Set(sequences);
  const least = Math.min(...all);
  for (let s = least; s <= (info?.state.last_seq ?? 0); s += 1) all.add(s);
  const there = new Map<number, string>();
  const queue = [...all];
  const reader = async () => {
    for (let seq = queue.pop(); seq !== undefined; seq = queue.pop()) {
      const message = await manager.streams.getMessage(stream, { seq }).catch(absent);
      if (message !== null && message !== undefined) there.set(seq, message.string());
    }
  };
  await Promise.all(Array.from({ length: 32 }, reader));
  return there;
}

/** What is there of what was acknowledged; waits until the server has read its streams. */
export async function compare(nats: Nats, said: Acknowledged): Promise<Found> {
  const connection = await connected(nats, true);
  try {
    const manager = await jetstreamManager(connection, { timeout: 60_000 });
    const found: Found[] = [];
    for (const [stream, acknowledged] of said.messages) {
      if (acknowledged.size === 0) continue;
      const { lost, torn } = missing(acknowledged, await read(manager, stream, acknowledged.keys()));
      found.push({
        lost: lost.map((text) => `${stream}: ${text}`),
        torn: torn.map((text) => `${stream}: ${text}`),
      });
    }
    const values = new Map<string, string>();
    for (const key of said.keys.keys()) {
      const message = await manager.streams.getMessage(keys, { last_by_subj: key }).catch(absent);
      if (message !== null && message !== undefined) values.set(key, message.string());
    }
    found.push(older(said.keys, values));
    return { lost: found.flatMap(({ lost }) => lost), torn: found.flatMap(({ torn }) => torn) };
  } finally {
    await connection.close();
  }
}

/** Waits until a message is acknowledged again. */
export async function answers(nats: Nats): Promise<void> {
  const connection = await connected(nats, true);
  const end = Date.now() + 120_000;
  try {
    for (;;) {
      try {
        const manager = await jetstreamManager(connection, { timeout: 2000 });
        await make(manager, lasting);
        await jetstream(connection).publish(`${subjectOf(lasting)}.n`, messageOf(0), { timeout: 2000 });
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
        await seconds(0.2);
      }
    }
  } finally {
    await connection.close();
  }
}

/** Messages of 1 KiB in a second. @param outstanding so many wait for their acknowledgement at a time */
export async function rate(nats: Nats, outstanding: number, forSeconds = 5): Promise<number> {
  const connection = await connected(nats, false);
  try {
    const name = "LAB_CUT_RATE";
    const manager = await jetstreamManager(connection, { timeout: 30_000 });
    await make(manager, name);
    const stream = jetstream(connection);
    const payload = "x".repeat(1024);
    const end = Date.now() + 1000 * forSeconds;
    let acknowledged = 0;
    const publisher = async () => {
      while (Date.now() < end) {
        await stream.publish(`${subjectOf(name)}.n`, payload, { timeout: 30_000 });
        acknowledged += 1;
      }
    };
    await Promise.all(Array.from({ length: outstanding }, publisher));
    await manager.streams.delete(name);
    return acknowledged / forSeconds;
  } finally {
    await connection.close();
  }
}

/** Nothing is left of the drill. */
export async function removeStreams(nats: Nats): Promise<void> {
  const connection = await connected(nats, true);
  try {
    const manager = await jetstreamManager(connection, { timeout: 60_000 });
    for await (const { config } of manager.streams.list())
      if (config.name.startsWith(lasting)) await manager.streams.delete(config.name);
  } finally {
    await connection.close();
  }
}
