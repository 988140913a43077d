import { createInterface } from "node:readline";

/**
 * Asks the person at the terminal to type a word.
 * @returns whether that very word was typed; not where the input has ended, so that nobody waits for an answer for ever
 */
export function confirmed(
  question: string,
  word: string,
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<boolean> {
  const ask = createInterface({ input, output });
  return new Promise((resolve) => {
    ask.once("close", () => {
      resolve(false);
    });
    ask.question(question, (answer) => {
      resolve(answer === word);
      ask.close();
    });
  });
}
