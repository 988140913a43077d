/** Shell words: enough of the shell's quoting to see arguments as a program would. */

/** Splits a line into words, quotes and backslashes taken off. Variables stay as they are written. */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let word = "";
  let inWord = false;
  let quote = "";
  for (let index = 0; index < line.length; index += 1) {
    const char = line[index] ?? "";
    if (quote !== "") {
      if (char === quote) quote = "";
      else if (char === "\\" && quote === '"' && index + 1 < line.length) word += line[(index += 1)] ?? "";
      else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      inWord = true;
    } else if (char === "\\" && index + 1 < line.length) {
      word += line[(index += 1)] ?? "";
      inWord = true;
    } else if (/\s/.test(char)) {
      if (inWord) words.push(word);
      word = "";
      inWord = false;
    } else {
      word += char;
      inWord = true;
    }
  }
  return inWord ? [...words, word] : words;
}
