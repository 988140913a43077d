import { escapeIdentifier } from "pg";
import type { Session } from "./session";

/** One way in which the live thing is not as declared, and what puts it right. */
export interface Change {
  /** A sentence without secrets. */
  readonly says: string;
  /** Statements, in order. None: it cannot be put right in place, and the sentence says what to do. */
  readonly sql: readonly string[];
}

export const quoted = (name: string) => escapeIdentifier(name);

/** `a`, `a and b`, `a, b and 7 more`. */
export function listed(items: readonly string[], most = 5): string {
  const shown = items.slice(0, most);
  const rest = items.length - shown.length;
  const last = rest > 0 ? `${rest} more` : shown.pop();
  return shown.length === 0 ? (last ?? "nothing") : `${shown.join(", ")} and ${last ?? ""}`;
}

const rounds = 3;

/**
 * Reads, compares and changes until nothing differs: what was asked for is seen to be there before anyone is told so.
 * @throws Error with the sentences that are left.
 */
export async function converge<Facts>(
  session: Session,
  read: () => Promise<Facts>,
  compare: (facts: Facts) => readonly Change[],
): Promise<Facts> {
  for (let round = 1; ; round += 1) {
    const facts = await read();
    const changes = compare(facts);
    if (changes.length === 0) return facts;
    const hopeless = changes.filter((change) => change.sql.length === 0);
    if (hopeless.length > 0) throw new Error(hopeless.map((change) => change.says).join("; "));
    if (round === rounds) {
      throw new Error(`in spite of the change, ${changes.map((change) => change.says).join("; ")}`);
    }
    await session.run(changes.flatMap((change) => change.sql));
  }
}
