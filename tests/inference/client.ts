import { newId, traceparent } from "../support/trace";

/** Where the gateway is, and its clients' keys. */
interface At {
  readonly url: string;
  key(client: string): string;
}

/** What a client saw of one request. */
export interface Answer {
  /** 0: the connection ended before there was one. */
  readonly status: number;
  readonly seconds: number;
  readonly tokens: number;
  /** Which server answered. */
  readonly from: string | undefined;
  readonly retryAfter: number;
  readonly chain: string | null;
  /** Of a stream: whether its end came. */
  readonly whole: boolean;
  readonly text: string;
}

interface Question {
  readonly model: string;
  readonly key?: string;
  readonly stream?: boolean;
  readonly chain?: string;
  readonly words?: string;
  /** Further fields of the request. */
  readonly more?: object;
}

/** One request to the gateway. */
export async function ask(gateway: At, question: Question): Promise<Answer> {
  const { model, stream = false, words = "please say something", more = {} } = question;
  const { key = gateway.key("mail"), chain = newId() } = question;
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  try {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        ...{ "content-type": "application/json", authorization: `Bearer ${key}` },
        traceparent: traceparent(chain),
      },
      body: JSON.stringify({
        ...{ model, max_tokens: 40, stream, messages: [{ role: "user", content: words }] },
        ...(stream ? { stream_options: { include_usage: true } } : {}),
        ...more,
      }),
    });
    const text = await response.text();
    return {
      ...{
        status: response.status,
        seconds: seconds(),
        text,
        chain: response.headers.get("x-correlation-id"),
      },
      tokens: Number([...text.matchAll(/"total_tokens":\s*(\d+)/g)].at(-1)?.[1] ?? 0),
      from: [...text.matchAll(/"content":"(?:from )?(local|first|second)/g)].at(-1)?.[1],
      retryAfter: Number(response.headers.get("retry-after") ?? 0),
      whole: !stream || text.includes("[DONE]"),
    };
  } catch (error) {
    const text = String(error instanceof Error ? (error.cause ?? error) : error);
    const none = { tokens: 0, from: undefined, retryAfter: 0, chain: null, whole: false };
    return { status: 0, seconds: seconds(), text, ...none };
  }
}

/** Many requests, a few at once. @param before is told the number of each before it is sent. */
export async function many(
  gateway: At,
  {
    count,
    atOnce,
    stream = false,
  }: { readonly count: number; readonly atOnce: number; readonly stream?: boolean },
  before: (number: number) => void = () => undefined,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const client = async () => {
    while (next < count) {
      const number = next;
      next += 1;
      before(number);
      answers.push(await ask(gateway, { model: "chat", stream }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return answers;
}
