import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Schemas } from "@qdrant/js-client-rest";

/**
 * A stand-in for Qdrant's server, which no package registry has: the REST calls that search/ uses, with vectors in
 * memory and exact distances. What it answers is typed by the official client's schemas, and search/qdrant.test.ts
 * holds its calls against that client.
 */
export class QdrantStandIn {
  readonly requests: Request[] = [];
  readonly #collections = new Map<string, Map<string, Float64Array>>();
  #server: Server | undefined;
  #port = 0;
  /** How long each answer is kept back, milliseconds. */
  delay = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens; after a {@link kill} on the same port. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      void this.#answer(request).then(async ({ status, body }) => {
        if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** As a machine that loses its power: connections break, and what was stored is gone. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#collections.clear();
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** Forgets all points; the collections stay. */
  empty(): void {
    for (const points of this.#collections.values()) points.clear();
  }

  async #answer(incoming: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const request: Request = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      body: text === "" ? undefined : (JSON.parse(text) as unknown),
    };
    this.requests.push(request);
    const result = this.#result(request);
    return result === undefined
      ? { status: 404, body: { status: { error: `Not found: ${request.path}` }, time: 0 } }
      : { status: 200, body: { result, status: "ok", time: 0.001 } };
  }

  #result({ method, path, body }: Request): unknown {
    const { pathname } = new URL(path, this.url);
    const [, root, encoded, ...rest] = pathname.split("/");
    if (root !== "collections") return undefined;
    if (encoded === undefined) {
      return {
        collections: [...this.#collections.keys()].map((name) => ({ name })),
      } satisfies Schemas["CollectionsResponse"];
    }
    const name = decodeURIComponent(encoded);
    const call = `${method} ${rest.join("/")}`;
    if (call === "PUT ") {
      this.#collections.set(name, new Map());
      return true;
    }
    if (call === "DELETE ") return this.#collections.delete(name);
    const points = this.#collections.get(name);
    if (points === undefined) return undefined;
    if (call === "PUT points") {
      for (const { id, vector } of (body as Schemas["PointsList"]).points) {
        points.set(String(id), unit(vector as number[]));
      }
      return { operation_id: this.requests.length, status: "completed" } satisfies Schemas["UpdateResult"];
    }
    if (call === "POST points/count") return { count: points.size } satisfies Schemas["CountResult"];
    if (call !== "POST points/query") return undefined;
    const { query, limit } = body as { query: number[]; limit?: number };
    return { points: nearest(points, unit(query), limit ?? 10) } satisfies Schemas["QueryResponse"];
  }
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** For the distance Cosine Qdrant stores vectors of length 1. */
function unit(vector: readonly number[]): Float64Array {
  const length = Math.hypot(...vector) || 1;
  return Float64Array.from(vector, (value) => value / length);
}

function nearest(points: ReadonlyMap<string, Float64Array>, query: Float64Array, limit: number) {
  const scored = [...points].map(([id, vector]) => ({
    id,
    version: 0,
    score: vector.reduce((sum, value, i) => sum + value * (query[i] ?? 0), 0),
  }));
  return scored.sort((a, b) => b.score - a.score).slice(0, limit);
}
