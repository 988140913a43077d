/**
 * What is taken out of a log line before it leaves the node: one list for every shipper. The expressions are written in what
 * JavaScript, Perl and Rust (Vector's language) have in common, and none looks back or nests repetitions, so that a long line
 * costs no more than its length.
 */

/** Put in a secret's place. */
const redacted = "[redacted]";

/** Words after which a secret stands. */
const names =
  "(?:password|passwd|passphrase|secret|secret[_-]?key|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?key|credentials?)";
const schemes = "(?:bearer|basic|digest|token|apikey|negotiate)";
/** The secret behind a word and a colon or an equals sign, in each kind of quotes, without any, and as JSON inside JSON. */
const behind = (end: string) => String.raw`${names}${end}\s*[=:]\s*`;

export interface Pattern {
  /** What it finds, for tests and docs. */
  readonly what: string;
  /** Case does not matter. Group 1, and group 2 where there is one, stay; what is between them goes. */
  readonly expression: string;
}

const patterns: readonly Pattern[] = [
  {
    what: "the header Authorization",
    expression: String.raw`(authorization\\*[\x22\x27]?\s*[=:]\s*\\*[\x22\x27]?(?:${schemes}\s+)?)[^\s\x22\x27\\]+`,
  },
  { what: "a bearer token", expression: String.raw`(\bbearer\s+)[A-Za-z0-9._~+/=:-]{6,}` },
  {
    what: "a word and a text in quotes",
    expression: String.raw`(${behind("\\x22?")}\x22)(?:[^\x22\\]|\\.)+`,
  },
  { what: "a word and a text in single quotes", expression: String.raw`(${behind("\\x27?")}\x27)[^\x27]+` },
  {
    what: "a word and a text in JSON inside JSON",
    expression: String.raw`(${behind("\\\\+\\x22")}\\+\x22)[^\x22\\]+`,
  },
  { what: "a word and a plain text", expression: String.raw`(${behind("[\\x22\\x27]?")})[^\s\x22\x27&\\]+` },
  { what: "an argument of a command", expression: String.raw`(--?${names}\s+)[^\s-]\S*` },
  {
    what: "the password in a URL",
    expression: String.raw`([a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,128}:)[^\s@\x22\x27<>]{1,256}(@)`,
  },
  {
    what: "a password in SQL",
    expression: String.raw`(\bpassword\s+)\x27(?:[^\x27]|\x27\x27)*\x27`,
  },
  { what: "a SCRAM verifier", expression: String.raw`(SCRAM-SHA-256\$)[^\s\x22\x27]+` },
  {
    what: "a token known by its form",
    expression: String.raw`(^|[^a-z0-9])(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|sk-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|hf_\w{20,}|npm_\w{20,}|pul-[0-9a-f]{20,}|tk_[a-z0-9]{20,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|AGE-SECRET-KEY-1[0-9A-Z]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|[0-9]{8,10}:[\w-]{35})`,
  },
  { what: "a private key", expression: String.raw`(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[^-]+` },
];

/** The list as redact.pl reads it, one expression a line. */
export const perlPatterns = (): string => patterns.map(({ expression }) => `${expression}\n`).join("");

/** The same as steps of a VRL program, on a variable. @see https://vector.dev/docs/reference/vrl/functions/#replace */
export const vrlSteps = (variable: string): string =>
  patterns
    .map(
      ({ what, expression }) =>
        `# ${what}\n${variable} = replace(${variable}, r'(?i)${expression}', "\${1}${redacted}${hasTail(expression) ? "${2}" : ""}")\n`,
    )
    .join("");

const hasTail = (expression: string) => expression.endsWith("(@)");

/** As the shippers do it. */
export const redact = (line: string): string =>
  patterns.reduce(
    (text, { expression }) =>
      text.replaceAll(
        new RegExp(expression, "gi"),
        (_all, before: string, after: unknown) =>
          `${before}${redacted}${typeof after === "string" ? after : ""}`,
      ),
    line,
  );

/** How a line says to which chain of requests it belongs (docs/correlation.md); group 1 is the id. */
export const chainExpression = String.raw`(?:correlation[_-]?id\\*[\x22\x27]?\s*[=:]\s*\\*[\x22\x27]?|\bcid:|traceparent\\*[\x22\x27]?\s*[=:]\s*\\*[\x22\x27]?[0-9a-f]{2}-)([0-9a-f]{32})(?:[^0-9a-z]|$)`;
