/** Waits until something is there. What goes wrong while it looks is no answer yet. @param limit seconds */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  limit = 60,
): Promise<T> {
  const end = Date.now() + 1000 * limit;
  let why: unknown = "nothing";
  do {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      why = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  } while (Date.now() < end);
  throw new Error(`${what} was not so within ${limit} s: ${String(why)}`);
}
