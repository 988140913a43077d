/** What keeps a file from being judged though the rest of it can be read. */
import type { FileContext } from "./context";

/**
 * Notes why the file that is read could not be judged as a whole; reading goes on.
 *
 * @throws Error where nobody takes note
 */
export function complain(context: FileContext, why: string): void {
  if (context.problems === undefined) throw new Error(why);
  context.problems.push(why);
}
