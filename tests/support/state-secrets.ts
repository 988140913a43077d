/** What `pulumi stack export --show-secrets` prints. */
export interface ShownState {
  readonly deployment: {
    readonly resources: readonly {
      readonly type: string;
      readonly outputs?: { readonly result?: unknown };
    }[];
  };
}

const isText = (value: unknown): value is { readonly plaintext: string } =>
  typeof value === "object" && value !== null && "plaintext" in value && typeof value.plaintext === "string";

/** All texts in a value, and those in secrets, of which the export has JSON in JSON. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (isText(value)) return texts(JSON.parse(value.plaintext) as unknown);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** Every generated password of a stack, and a line out of the middle of every private key. */
export function generatedSecrets(state: ShownState): string[] {
  const passwords = state.deployment.resources
    .filter(({ type }) => type === "random:index/randomPassword:RandomPassword")
    .flatMap(({ outputs }) => texts(outputs?.result));
  return [...new Set([...passwords, ...texts(state.deployment).flatMap(linesOfKeys)])];
}

/** Of each private key in a text (PEM, as OpenSSH has it too) its longest line but the first, which many keys share. */
export const linesOfKeys = (text: string): string[] =>
  [...text.matchAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----\s+([\s\S]*?)-----END/g)].map(([, body = ""]) => {
    const [first = "", ...more] = body.trim().split(/\s+/);
    return more.reduce((long, line) => (line.length > long.length ? line : long), "") || first;
  });

/** A text as it is, and as it stands in the base64 of whatever holds it: that depends on where it begins. */
export const forms = (text: string): string[] => [
  text,
  ...[0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    return bytes.toString("base64").slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
  }),
];
