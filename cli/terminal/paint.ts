const codes = { good: 32, bad: 31, doubtful: 33 } as const;

/** Colours where a person reads: on a terminal, unless NO_COLOR is set. @see https://no-color.org */
export function painter(
  { isTTY }: { readonly isTTY?: boolean },
  { NO_COLOR = "", TERM = "" }: NodeJS.ProcessEnv,
): (tone: keyof typeof codes, text: string) => string {
  if (isTTY !== true || NO_COLOR !== "" || TERM === "dumb") return (_tone, text) => text;
  return (tone, text) => `\u001b[${codes[tone]}m${text}\u001b[0m`;
}
