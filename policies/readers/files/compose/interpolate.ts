/** Variables of compose files, as far as their values are known. */
import { tagged } from "../tags";

/** `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}`, `${NAME:?message}`, `$NAME`, `$$`. */
const variable = /\$(?:\$|\{([A-Za-z_]\w*)(?:(:?[-+?])((?:[^{}]|\{[^{}]*\})*))?\}|([A-Za-z_]\w*))/g;

/**
 * Fills in what is known: values of the .env file and defaults. What is not known is left as it stands, so that
 * whoever looks at the text sees the variable.
 */
function interpolate(text: string, values: Readonly<Record<string, string>>, depth = 0): string {
  if (!text.includes("$") || depth > 5) return text;
  return text.replace(
    variable,
    (
      whole: string,
      braced: string | undefined,
      operator: string | undefined,
      word: string | undefined,
      plain: string | undefined,
    ) => {
      if (whole === "$$") return "$";
      const name = braced ?? plain ?? "";
      const value = values[name];
      const isSet = value !== undefined && (value !== "" || operator?.startsWith(":") !== true);
      if (operator === ":+" || operator === "+")
        return isSet ? interpolate(word ?? "", values, depth + 1) : "";
      if (isSet) return value;
      if (operator === ":-" || operator === "-") return interpolate(word ?? "", values, depth + 1);
      return whole;
    },
  );
}

/** The same for every text in a value; keys and tags stay as they are. */
export function interpolateAll(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") return interpolate(value, values);
  if (Array.isArray(value))
    return tagged(
      value.map((item) => interpolateAll(item, values)),
      value,
    );
  if (typeof value === "object" && value !== null) {
    const copy = Object.entries(value).map(([key, item]) => [key, interpolateAll(item, values)] as const);
    return tagged(Object.fromEntries(copy), value);
  }
  return value;
}

/** Values of a .env file: NAME=value, quotes taken off, comments and `export` left out. */
export function parseEnvFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const parts = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (parts?.[1] === undefined || parts[2] === undefined) continue;
    const quoted = /^(["'])(.*)\1/.exec(parts[2]);
    values[parts[1]] = quoted ? (quoted[2] ?? "") : parts[2].replace(/\s+#.*$/, "");
  }
  return values;
}
