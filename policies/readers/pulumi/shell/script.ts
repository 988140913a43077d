/** A shell text run on a node: every command is looked at for what it sets up there. */
import { isUnknown, noFacts, unknown } from "../../../engine/facts";
import type { EphemeralDeclaration, Told } from "../../../engine/facts";
import { addRuns } from "../../shell/commands";
import { addFiles, addMoved, addSetup, decidesWhatRuns } from "../put-file";
import type { Putting } from "../put-file";
import { notYet, notYetWhy, originOf } from "../resource";
import { k3sServer, readClusterCommand } from "./cluster";
import { setUpBy } from "./setups";
import { statementsOf } from "./statements";
import type { Statement } from "./statements";

const shells = /^(ba|da|a|z|k)?sh$/;
const deepest = 5;

/** A command has no labels; a comment in its text takes their place. */
export function declaredIn(text: string): EphemeralDeclaration | undefined {
  const reason = /^[ \t]*#[ \t]*homelab\.dev\/ephemeral:[ \t]*(.*?)[ \t]*$/m.exec(text)?.[1];
  return reason === undefined ? undefined : { reason: reason.replace(/^(["'])(.*)\1$/, "$2") };
}

/**
 * Reads a script into the facts.
 *
 * @param stdin what the script is fed, where it is fed something
 */
export function readScript(text: string, putting: Putting, stdin?: Told<string>, depth = 0): void {
  if (depth > deepest) {
    addSetup(putting, unknown("its commands are nested too deep to be looked at"));
    return;
  }
  const own = { ...putting, ephemeral: putting.ephemeral ?? declaredIn(text) };
  readStatements(statementsOf(text), own, stdin, depth);
}

/** The same for commands that were taken apart already. */
export function readStatements(
  statements: readonly Statement[],
  putting: Putting,
  stdin?: Told<string>,
  depth = 0,
): void {
  const written = new Map<string, string | undefined>();
  for (const one of statements) readStatement(one, { putting, written, stdin, depth });
  const files = [...written].filter((entry): entry is [string, string] => entry[1] !== undefined);
  addFiles(new Map(files), putting);
}

interface Around {
  readonly putting: Putting;
  readonly written: Map<string, string | undefined>;
  readonly stdin: Told<string> | undefined;
  readonly depth: number;
}

function readStatement(one: Statement, around: Around): void {
  const { putting, written, stdin, depth } = around;
  const program = (one.words[0] ?? "").replace(/^.*\//, "");
  noteWrites(one, around);
  if (shells.test(program) || program === "su" || program === "source" || program === ".") {
    readShellCall(one, around);
    return;
  }
  if (program === "eval") {
    readScript(one.words.slice(1).join(" "), putting, stdin, depth + 1);
    return;
  }
  if (program === "ssh") {
    readSsh(one, putting, depth);
    return;
  }
  const fed = fedTo(one, stdin);
  if (readClusterCommand(one, typeof fed === "string" ? fed : undefined, written, putting)) return;
  if (program === "k3s" && one.words[1] === "server") {
    const sets = k3sServer(one);
    if (sets !== undefined) addSetup(putting, sets);
    return;
  }
  const read = noFacts();
  addRuns(one.text, originOf(putting.resource, "ssh"), putting.placement, read);
  addMoved({ ...read, workloads: read.workloads.map(withKnownImage) }, putting);
  const sets = setUpBy(one);
  if (sets !== undefined) addSetup(putting, sets);
}

function withKnownImage<T extends { readonly containers: readonly { image: Told<string> }[] }>(
  workload: T,
): T {
  return {
    ...workload,
    containers: workload.containers.map((one) =>
      typeof one.image === "string" && /^\$|^\$\{/.test(one.image)
        ? { ...one, image: unknown(one.image === notYet ? notYetWhy : `${one.image} has no value here`) }
        : one,
    ),
  };
}

/** `sh -c TEXT`, `sh -s` with what it is fed, `sh FILE`, `curl … | sh`. */
function readShellCall(one: Statement, { putting, written, stdin, depth }: Around): void {
  const flag = one.words.findIndex((word) => /^-[a-z]*c$/.test(word));
  if (flag >= 0) {
    readScript(one.words[flag + 1] ?? "", putting, fedTo(one, stdin), depth + 1);
    return;
  }
  const file = one.words.slice(1).find((word) => !word.startsWith("-") && word !== "s");
  if (file !== undefined && !one.words.includes("-s") && file !== "/dev/stdin") {
    const text = written.get(file);
    if (text !== undefined) readScript(text, putting, fedTo(one, stdin), depth + 1);
    return;
  }
  const from = one.from;
  if (from !== undefined && /^(curl|wget)$/.test(from.words[0] ?? "")) {
    if (from.text.includes("get.k3s.io")) {
      const sets = k3sServer(one);
      if (sets !== undefined) addSetup(putting, sets);
    } else if (!/tailscale\.com\/install\.sh|get\.docker\.com|sh\.rustup\.rs|astral\.sh/.test(from.text)) {
      addSetup(
        putting,
        unknown("it runs a script from the network that cannot be seen; put what it does into the program"),
      );
    }
    return;
  }
  const fed = fedTo(one, stdin);
  if (fed === undefined) return;
  if (isUnknown(fed)) addSetup(putting, unknown(`the script it is fed: ${fed.why}`));
  else readScript(fed, putting, undefined, depth + 1);
}

function readSsh(one: Statement, putting: Putting, depth: number): void {
  const words = [...one.words.slice(1)];
  while (words[0]?.startsWith("-") === true)
    words.splice(0, /^-[bcDEeFIiJLlmOopQRSWw]$/.test(words[0]) ? 2 : 1);
  const to = words.shift();
  const host = to?.replace(/^.*@/, "").replace(/^ssh:\/\//, "");
  const placement =
    host === undefined || host.startsWith("$")
      ? unknown(`the host ${host ?? ""} of its ssh command cannot be known; write the node's address`)
      : ({ kind: "host", host } as const);
  const script = words.length > 0 ? words.join(" ") : (one.fed ?? "");
  readScript(script, { ...putting, placement }, one.fed, depth + 1);
}

/** What a command reads: a here-document, what is piped to it, the script's own input. */
function fedTo(one: Statement, stdin: Told<string> | undefined): Told<string> | undefined {
  if (one.fed !== undefined) return one.fed;
  const { from } = one;
  if (from === undefined) return stdin;
  const [program = "", ...args] = from.words;
  if (program === "echo") return `${args.filter((word) => !/^-[neE]+$/.test(word)).join(" ")}\n`;
  if (program === "printf") return args.length === 1 ? (args[0] ?? "") : args.slice(1).join("\n");
  if (program === "cat") return fedTo(from, stdin);
  if (program === "base64" && args.some((word) => /^(-d|--decode|-D)$/.test(word))) {
    const text = fedTo(from, stdin);
    return typeof text === "string" ? Buffer.from(text.trim(), "base64").toString("utf8") : text;
  }
  return unknown("it is made by another command, so it cannot be seen");
}

/** Notes which files a command writes, and with what, as far as the text tells. */
function noteWrites(one: Statement, { written, putting, stdin }: Around): void {
  const [first = "", ...args] = one.words;
  const program = first.replace(/^.*\//, "");
  const plainArgs = args.filter((word) => !word.startsWith("-"));
  const write = (path: string | undefined, content: Told<string> | undefined): void => {
    if (path === undefined) return;
    const text = typeof content === "string" && !content.includes(notYet) ? content : undefined;
    written.set(path, text);
    if (putting.placement.kind === "host") putting.context.put.add(`${putting.placement.host} ${path}`);
    if (text === undefined && decidesWhatRuns(path)) {
      addSetup(
        putting,
        unknown(
          `the text of ${path}, which it writes, cannot be seen; put it into the program as plain text`,
        ),
      );
    }
  };
  if (one.into !== undefined) write(one.into, outputOf(one, stdin));
  if (program === "tee") for (const path of plainArgs) write(path, fedTo(one, stdin));
  if (program === "dd") write(args.find((word) => word.startsWith("of="))?.slice(3), fedTo(one, stdin));
  if (/^(install|cp|mv)$/.test(program)) {
    const target = plainArgs.at(-1);
    const source = plainArgs.at(-2);
    if (target === undefined || source === undefined || args.includes("-d")) return;
    if (source === "/dev/stdin") write(target, fedTo(one, stdin));
    else if (written.has(source)) write(target, written.get(source));
    else if (decidesWhatRuns(target) && !putting.context.put.has(`${hostOf(putting)} ${source}`))
      write(target, undefined);
  }
  if (/^(curl|wget)$/.test(program)) {
    const at = args.findIndex((word) => /^(-o|-O|--output|--output-document)$/.test(word));
    const path = at < 0 ? undefined : args[at + 1];
    if (path !== undefined && decidesWhatRuns(path)) write(path, undefined);
  }
}

function hostOf({ placement }: Putting): string {
  return placement.kind === "host" ? placement.host : "";
}

function outputOf(one: Statement, stdin: Told<string> | undefined): Told<string> | undefined {
  const [program = "", ...args] = one.words;
  if (program === "cat" && args.every((word) => word === "-")) return fedTo(one, stdin);
  if (program === "echo" || program === "printf" || program === "base64") {
    return fedTo({ text: "", words: ["cat"], env: {}, from: one }, stdin);
  }
  return undefined;
}
