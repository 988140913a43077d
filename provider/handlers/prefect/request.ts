import { z } from "zod";
import type { JobsInputs } from "./inputs";

/** What was asked, and what the server said to it. */
export class PrefectError extends Error {
  override readonly name = "PrefectError";

  /** @param status of the answer. @default none: it was no refusal */
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

/** What somebody else made meanwhile, as a worker does its pool: it is looked at in the next round. */
export async function madeOnce(asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof PrefectError && error.status === 409)) throw error;
  }
}

/** Asks Prefect's API. */
export type Ask = <T>(
  method: "GET" | "POST" | "PUT" | "PATCH",
  path: string,
  answer: z.ZodType<T>,
  body?: unknown,
) => Promise<T>;

/** For so long one question may go unanswered: a thousand jobs are thousands of them, so all together have no limit. */
const patienceMs = 60_000;

/**
 * Prefect's API as one login sees it.
 * @throws PrefectError for an answer that is none, in a sentence without what was sent.
 * @see https://docs.prefect.io/v3/api-ref/rest-api/server
 */
export const prefectApi =
  ({ endpoint, login }: Pick<JobsInputs, "endpoint" | "login">, signal: AbortSignal): Ask =>
  async (method, path, answer, body) => {
    const response = await fetch(`${endpoint}/api${path}`, {
      method,
      signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
      headers: {
        authorization: `Basic ${Buffer.from(login).toString("base64")}`,
        // A kept connection would keep the process alive after the last question.
        connection: "close",
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok)
      throw new PrefectError(
        `${method} ${path} was answered with ${response.status}${why(text)}`,
        response.status,
      );
    const parsed = answer.safeParse(text === "" ? undefined : (JSON.parse(text) as unknown));
    if (!parsed.success)
      throw new PrefectError(`${method} ${path} was answered with something else than expected`);
    return parsed.data;
  };

/** What Prefect says of a refusal; of a wrong body it would repeat what was sent. */
function why(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return typeof detail === "string" ? `: ${detail}` : "";
  } catch {
    return "";
  }
}

/** Of an answer that nobody reads. */
export const anything = z.unknown();
export const withId = z.object({ id: z.string() });
