import { createServer, type Server } from "node:http";
import type { NodeName } from "../../topology";
import { onNode } from "./lab";
import { until } from "./until";

/** Prometheus and Alertmanager in the lab, and somebody who is told. */

export interface Message {
  readonly at: number;
  /** Whom Alertmanager told. */
  readonly receiver: string;
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

type Labelled = Pick<Message, "labels">;
const hasLabels = ({ labels }: Labelled, wanted: Labelled["labels"]) =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

/** What a phone is elsewhere: takes what Alertmanager sends. The lab's own settings name its port. */
export class Receiver {
  readonly messages: Message[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (part: string) => (body += part));
      request.on("end", () => {
        const { receiver, alerts } = JSON.parse(body) as {
          receiver: string;
          alerts: Omit<Message, "at" | "receiver">[];
        };
        this.messages.push(...alerts.map((one) => ({ ...one, receiver, at: Date.now() })));
        response.end("ok");
      });
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(9095, "0.0.0.0", resolve);
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  about(labels: Labelled["labels"], status: Message["status"] = "firing"): Message[] {
    return this.messages.filter((one) => one.status === status && hasLabels(one, labels));
  }
}

/** Asks a program on storage, as a node of the house: to whoever runs the tests its port is closed. */
const ask = (port: number, path: string, form: Readonly<Record<string, string>>): string =>
  onNode(
    "storage",
    `curl -sS --fail-with-body --max-time 60 --data @- http://127.0.0.1:${port}${path}`,
    new URLSearchParams(form).toString(),
  );

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** What Prometheus on storage answers. */
export function query(expr: string): Sample[] {
  const { data } = JSON.parse(ask(9090, "/api/v1/query", { query: expr })) as { data: { result: Sample[] } };
  return data.result;
}

/** Alerts that storage's Alertmanager holds for not over: it tells nobody of them again. */
function active(): Labelled[] {
  const answer = onNode(
    "storage",
    "curl -sS --fail-with-body --max-time 60 http://127.0.0.1:9093/api/v2/alerts",
  );
  return JSON.parse(answer) as Labelled[];
}

/** Waits until an alert of before is over: one that is still told would not be told again. */
export const isOver = (labels: Labelled["labels"], limit: number): Promise<true> =>
  until(
    `that ${JSON.stringify(labels)} of before is over`,
    () => !active().some((one) => hasLabels(one, labels)) || undefined,
    limit,
  );

/** What VictoriaLogs on storage finds, a line each. */
export const find = (logsql: string): Record<string, string>[] =>
  ask(9428, "/select/logsql/query", { query: logsql })
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, string>);

/** How long VictoriaLogs takes for it, seconds. */
export const secondsToFind = (logsql: string): number =>
  Number(
    onNode(
      "storage",
      "curl -sS -o /dev/null -w '%{time_total}' --data @- http://127.0.0.1:9428/select/logsql/query",
      new URLSearchParams({ query: logsql }).toString(),
    ),
  );

/** What a script of the stack's writes each half minute, written now. */
export const now = (node: NodeName, unit: string) => onNode(node, `systemctl start ${unit}`);
