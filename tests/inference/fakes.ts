import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How a stand-in behaves: as it should, twenty times slower, with an error, without an answer, or as if it were not there. */
export type Mode = "ok" | "slow" | "error" | "hang" | "gone";

export interface Limits {
  /** In a minute that slides. */
  readonly tokens: number;
  readonly requests: number;
}

interface Counts {
  answers: number;
  tokens: number;
  refused: number;
  /** At once. */
  most: number;
  /** Most in a minute that slides, whichever began it. */
  minute: { tokens: number; requests: number };
}

const none = (): Counts => ({
  ...{ answers: 0, tokens: 0, refused: 0, most: 0 },
  minute: { tokens: 0, requests: 0 },
});

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
const tokensOf = (text: string) => Math.max(1, Math.ceil(text.length / 4));

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += String(part);
  return text;
}

function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

interface Asked {
  readonly model?: string;
  readonly messages?: unknown;
  readonly max_tokens?: number;
  readonly stream?: boolean;
}

/** A server that speaks OpenAI's API, with an account's limits or a model server's slots, and says no when it is told to. */
export class Fake {
  mode: Mode = "ok";
  counts = none();
  /** How many questions came, answered or not. */
  asked = 0;
  /** The newest question: where it came, and by which name and key. */
  last: { url?: string | undefined; host?: string | undefined; authorization?: string | undefined } = {};
  private readonly server: Server;
  private window: { at: number; tokens: number }[] = [];
  private busy = 0;
  private readonly queue: (() => void)[] = [];

  constructor(
    readonly name: string,
    private readonly how: { readonly ms: number; readonly limits?: Limits; readonly slots?: number },
  ) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  /** @param port @default any that is free, on loopback only */
  async listen(port?: number): Promise<this> {
    await new Promise<void>((done) =>
      port === undefined
        ? this.server.listen(0, "127.0.0.1", done)
        : this.server.listen(port, "0.0.0.0", done),
    );
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** As it was at first, and nothing counted. */
  reset(): void {
    this.mode = "ok";
    this.counts = none();
    this.window = [];
  }

  /** As if its limits were used up for the next minute. */
  exhaust(): void {
    this.window.push({ at: Date.now(), tokens: this.how.limits?.tokens ?? 0 });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request).catch(() => "");
    if (request.method === "POST") {
      this.asked += 1;
      const { url, headers } = request;
      this.last = { url, host: headers.host, authorization: headers.authorization };
    }
    if (this.mode === "gone") {
      request.socket.destroy();
      return;
    }
    if (request.method === "GET") {
      // A server that hangs hangs with all that it has.
      if (this.mode === "hang") return;
      json(response, this.mode === "error" ? 500 : 200, { object: "list", data: [] });
      return;
    }
    if (this.mode === "hang") return;
    if (this.mode === "error") {
      json(response, 500, { error: { message: "internal", type: "server_error" } });
      return;
    }
    if (this.isOverLimit(response)) return;
    if (this.how.slots !== undefined && this.busy >= this.how.slots)
      await new Promise<void>((free) => this.queue.push(free));
    await this.serve(JSON.parse(text) as Asked, response);
  }

  private isOverLimit(response: ServerResponse): boolean {
    const { limits } = this.how;
    if (limits === undefined) return false;
    const now = Date.now();
    const used = this.minute(now);
    if (used.tokens < limits.tokens && used.requests < limits.requests) return false;
    this.counts.refused += 1;
    const wait = Math.ceil((60_000 - (now - (this.window[0]?.at ?? now))) / 1000);
    const error = { message: "Rate limit reached", type: "rate_limit_error", code: "rate_limit_exceeded" };
    json(response, 429, { error }, { "retry-after": String(wait) });
    return true;
  }

  /** What was used in the sixty seconds before. */
  private minute(now: number): { tokens: number; requests: number } {
    this.window = this.window.filter(({ at }) => now - at < 60_000);
    return {
      tokens: this.window.reduce((sum, { tokens }) => sum + tokens, 0),
      requests: this.window.length,
    };
  }

  private async serve(asked: Asked, response: ServerResponse): Promise<void> {
    this.busy += 1;
    this.counts.most = Math.max(this.counts.most, this.busy);
    try {
      await sleep(this.how.ms * (this.mode === "slow" ? 20 : 1));
      if (response.destroyed) return;
      const prompt = tokensOf(JSON.stringify(asked.messages ?? ""));
      const completion = Math.min(asked.max_tokens ?? 40, 40);
      const usage = {
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens: prompt + completion,
      };
      const base = { id: `${this.name}-${this.counts.answers}`, created: 1, model: asked.model };
      if (asked.stream === true) {
        if (!(await this.stream(response, base, usage))) return;
      } else {
        const message = { role: "assistant", content: `from ${this.name}` };
        const choices = [{ index: 0, message, finish_reason: "stop" }];
        json(response, 200, { ...base, object: "chat.completion", choices, usage });
      }
      this.counts.answers += 1;
      this.counts.tokens += usage.total_tokens;
      const now = Date.now();
      this.window.push({ at: now, tokens: usage.total_tokens });
      const { tokens, requests } = this.minute(now);
      const { minute } = this.counts;
      this.counts.minute = {
        tokens: Math.max(minute.tokens, tokens),
        requests: Math.max(minute.requests, requests),
      };
    } finally {
      this.busy -= 1;
      this.queue.shift()?.();
    }
  }

  /** @returns whether it came to its end. */
  private async stream(response: ServerResponse, base: object, usage: object): Promise<boolean> {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (choices: object[], more: object = {}) =>
      response.write(
        `data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", choices, ...more })}\n\n`,
      );
    for (let i = 0; i < 4; i += 1) {
      if (this.mode === "gone" || response.destroyed) {
        response.destroy();
        return false;
      }
      send([{ index: 0, delta: { content: `${this.name} ` }, finish_reason: null }]);
      await sleep(40);
    }
    send([{ index: 0, delta: {}, finish_reason: "stop" }]);
    send([], { usage });
    response.end("data: [DONE]\n\n");
    return true;
  }
}

/** What a {@link Cable} runs: nothing but what comes in, to another port. */
const carries = (to: number) => `
const { connect, createServer } = require("node:net");
const server = createServer((from) => {
  const to = connect(${to}, "127.0.0.1");
  for (const [one, other] of [[from, to], [to, from]]) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
    one.pipe(other);
  }
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port));
`;

/** The way to a server, which can be cut: then nothing comes through, and nobody is told so, as when a machine loses power. */
export class Cable {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async to(server: Fake): Promise<Cable> {
    const child = spawn(process.execPath, ["-e", carries(server.port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [port] = (await once(child.stdout, "data")) as [Buffer];
    return new Cable(child, `http://127.0.0.1:${Number(port.toString())}`);
  }

  cut(): void {
    this.child.kill("SIGSTOP");
  }

  mend(): void {
    this.child.kill("SIGCONT");
  }

  async close(): Promise<void> {
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}
