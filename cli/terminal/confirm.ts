import { createInterface } from "node:readline/promises";

/** Asks the person at the terminal to type a word. @returns whether that very word was typed */
export async function confirmed(question: string, word: string): Promise<boolean> {
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await ask.question(question);
  ask.close();
  return answer === word;
}
