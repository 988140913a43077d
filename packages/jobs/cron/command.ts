/** What cron gives to the shell, and what to the command's standard input. */
export interface Split {
  readonly command: string;
  /** Undefined where no `%` cuts the line. */
  readonly input?: string;
}

/**
 * A line's command as Debian's cron hands it over: the first `%` that is not escaped ends it, and what follows is its
 * input, a line for each further `%`. `\%` is `%`, and in the command `\\` is `\`.
 */
export function splitCommand(text: string): Split {
  let command = "";
  let at = 0;
  for (let escaped = false; at < text.length; at++) {
    const character = text.charAt(at);
    if (escaped) {
      if (character === "%" || character === "\\") command = command.slice(0, -1);
      escaped = false;
    } else if (character === "%") break;
    else escaped = character === "\\";
    command += character;
  }
  return at < text.length ? { command, input: inputOf(text.slice(at + 1)) } : { command };
}

function inputOf(text: string): string {
  const input = text.replace(/\\%|%/g, (found) => (found === "%" ? "\n" : "%"));
  return input === "" || input.endsWith("\n") ? input : `${input}\n`;
}

/** Whether a quote, a bracket of `$(` or a backtick is left open: no shell runs such a command. */
export function isCut(command: string): boolean {
  let quote = "";
  const open: string[] = [];
  for (let i = 0; i < command.length; i++) {
    const one = command.charAt(i);
    if (quote === "'") {
      if (one === "'") quote = "";
    } else if (one === "\\") i++;
    else if (one === '"') quote = quote === '"' ? "" : '"';
    else if (one === "'" && quote === "") quote = "'";
    else if (one === "`") {
      if (open.at(-1) === "`") open.pop();
      else open.push("`");
    } else if (one === "$" && command.charAt(i + 1) === "(") {
      open.push(quote === "" ? "(" : '("');
      quote = "";
      i++;
    } else if (one === "(" && quote === "" && open.length > 0) open.push("(");
    else if (one === ")" && quote === "" && open.at(-1)?.startsWith("(") === true)
      quote = open.pop() === '("' ? '"' : "";
    else if (one === "#" && quote === "" && open.length === 0 && /^$|\s/.test(command.charAt(i - 1))) break;
  }
  return quote !== "" || open.length > 0;
}
