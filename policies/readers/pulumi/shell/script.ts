/**
 * A shell text run on a node: every command is looked at for what it sets up there.
 *
 * What must be known fails where it is not: a command is passed when its program is known to keep nothing, judged when
 * it is known what it makes, and otherwise said to be one that cannot be known.
 */
import { isUnknown, unknown } from "../../../engine/facts";
import type { EphemeralDeclaration, Told } from "../../../engine/facts";
import { addSetup, addUnclear, decidesWhatRuns, putKey, readTexts } from "../put-file";
import type { Putting } from "../put-file";
import { notYet } from "../resource";
import { k3sServer, readClusterCommand } from "./cluster";
import type { Handed } from "./cluster";
import { readEngineCommand } from "./containers";
import { readCopy } from "./copies";
import { cronCommands } from "./cron";
import { fedTo, outputOf } from "./output";
import type { Texts } from "./output";
import { setUpBy } from "./setups";
import { statementsOf, Unreadable } from "./statements";
import type { Statement } from "./statement";
import { whyUnclear } from "./unclear";
import { nameOf, startedFor, unwrapped, without } from "./wrappers";

const shells = /^(ba|da|a|z|k|mk|r?)?sh$|^rbash$/;
const deepest = 8;

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
  const own = { ...putting, ephemeral: putting.ephemeral ?? declaredIn(text) };
  if (depth > deepest) {
    addUnclear(own, "its commands are nested too deep to be looked at");
    return;
  }
  const interpreter = /^#!\s*(?:\S*\/env\s+(?:-S\s+)?)?(\S+)/.exec(text)?.[1]?.replace(/^.*\//, "");
  if (interpreter !== undefined && !shells.test(interpreter)) {
    addUnclear(own, `it is a script of ${interpreter}, and only those of a shell are looked at`);
    return;
  }
  try {
    readStatements(statementsOf(text), own, stdin, depth);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    addUnclear(own, `its text is no shell that can be taken apart: ${error.message}`);
  }
}

/** The same for commands that were taken apart already. */
function readStatements(
  statements: readonly Statement[],
  putting: Putting,
  stdin: Told<string> | undefined,
  depth: number,
): void {
  const written = new Map<string, string | undefined>();
  const { readFile } = putting.context;
  const texts: Texts =
    putting.local === true ? { get: (path) => written.get(path) ?? readFile(path) } : written;
  const run = new Set<string>();
  for (const one of statements) readStatement(one, { putting, written, run, texts, stdin, depth });
  if (putting.local === true) return;
  const files = [...written].filter((entry): entry is [string, string] => entry[1] !== undefined);
  readTexts(new Map(files), putting, readScript, (path) => run.has(path));
}

interface Around {
  readonly putting: Putting;
  readonly written: Map<string, string | undefined>;
  /** Paths of those of them that were run, and so were looked at. */
  readonly run: Set<string>;
  readonly texts: Texts;
  readonly stdin: Told<string> | undefined;
  readonly depth: number;
}

function readStatement(stated: Statement, around: Around): void {
  const { putting, texts, depth } = around;
  noteWrites(stated, around);
  const one = unwrapped(stated);
  const program = nameOf(one);
  if (one.words.length === 0) return;
  if (one !== stated) noteWrites(one, around);
  if (one.open.has(0) || /[*?]|\[./.test(one.words[0]?.replace(/^\[\[?$/, "") ?? "")) {
    addUnclear(putting, `the program ${one.words[0] ?? ""} that it runs has no value here`);
    return;
  }
  if (shells.test(program) || program === "source" || program === ".") readShellCall(one, around);
  else if (/^(su|runuser)$/.test(program)) readSwitched(one, around);
  else if (program === "eval") addUnclear(putting, "it runs by eval what has no value here");
  else if (program === "ssh" || program === "autossh" || program === "mosh") readSsh(one, around);
  else if (program === "xargs" || program === "parallel" || program === "find") {
    for (const inner of startedFor(one)) readStatement(inner, { ...around, depth: depth + 1 });
  } else if (/^(at|batch|crontab)$/.test(program)) readScheduled(one, around);
  else if (program === "watch" || program === "script" || program === "entr") readWatched(one, around);
  else if (readCopy(one, putting, texts, readScript)) return;
  else if (readClusterCommand(one, handedTo(one, around), putting)) return;
  else if (program === "k3s" && one.words[1] === "server") {
    const sets = k3sServer(one);
    if (sets !== undefined && putting.local !== true) addSetup(putting, sets);
  } else if (!readEngineCommand(one, handedTo(one, around), putting)) readOther(one, around);
}

/** Programs that are run by name: by what is known of them, or by their text where it is a script of the same text. */
function readOther(one: Statement, around: Around): void {
  const { putting, depth } = around;
  const sets = setUpBy(one);
  if (sets !== undefined) {
    if (putting.local !== true) addSetup(putting, sets);
    return;
  }
  const script = scriptOf(one, around);
  if (script === "judged") return;
  if (script !== undefined) {
    readScript(script, putting, fedTo(one, around.stdin, around.texts), depth + 1);
    return;
  }
  const why = whyUnclear(one, putting, [...around.written.keys()]);
  if (why !== undefined) addUnclear(putting, why);
}

/** The text of a program that is a script the text wrote, or "judged" where it was put on the machine before. */
function scriptOf(one: Statement, { texts, written, putting, run }: Around): string | undefined {
  const path = one.words[0] ?? "";
  const whole = path.includes("/") ? path : [...written.keys()].find((key) => key.endsWith(`/bin/${path}`));
  if (whole === undefined) return undefined;
  run.add(whole);
  const text = texts.get(whole);
  if (text !== undefined && (text.startsWith("#!") || putting.local === true))
    return text.includes("\0") ? undefined : text;
  return putting.context.put.has(putKey(putting, whole, "judged")) ? "judged" : undefined;
}

/** `sh -c TEXT`, `sh -s` with what it is fed, `sh FILE`, `curl … | sh`. */
function readShellCall(one: Statement, around: Around): void {
  const { putting, stdin, depth, texts } = around;
  const flag = one.words.findIndex((word) => /^-[a-z]*c$/.test(word));
  const fed = (): Told<string> | undefined => fedTo(one, stdin, texts);
  if (flag >= 0 && !/^(source|\.)$/.test(nameOf(one))) {
    readScript(one.words[flag + 1] ?? "", putting, fed(), depth + 1);
    return;
  }
  const rest = one.words
    .slice(1)
    .filter((word, index, all) => !word.startsWith("-") && !/^[-+]o$/.test(all[index - 1] ?? ""));
  const [file] = rest;
  if (file !== undefined && !one.words.includes("-s") && file !== "/dev/stdin" && !file.startsWith("<(")) {
    readFileRun(file, one, around);
    return;
  }
  if (file?.startsWith("<(") === true) {
    addUnclear(putting, "it runs the output of another command, which cannot be seen");
    return;
  }
  const { from } = one;
  if (from !== undefined && /^(curl|wget)$/.test(nameOf(unwrapped(from)))) {
    if (from.text.includes("get.k3s.io")) {
      const sets = k3sServer(one);
      if (sets !== undefined && putting.local !== true) addSetup(putting, sets);
    } else if (
      !/(^|[\s/'"])(tailscale\.com\/install\.sh|get\.docker\.com|sh\.rustup\.rs|astral\.sh)/.test(from.text)
    ) {
      addUnclear(
        putting,
        "it runs a script from the network that cannot be seen; put what it does into the program",
      );
    }
    return;
  }
  const text = fed();
  if (text === undefined) return;
  if (isUnknown(text)) addUnclear(putting, `the script it is fed: ${text.why}`);
  else readScript(text, putting, undefined, depth + 1);
}

/** Files that come with a system and only set variables. */
const harmlessSources =
  /^(\/etc\/(os-release|profile|environment|lsb-release|default\/[\w-]+|bash\.bashrc|profile\.d\/.*)|\/usr\/lib\/os-release|(~|\$HOME|\/root|\/home\/[\w-]+)\/\.(bashrc|profile|zshrc|bash_profile|cargo\/env|nvm\/nvm\.sh)|.*\/bin\/activate)$/;

function readFileRun(file: string, one: Statement, around: Around): void {
  const { putting, stdin, depth, texts } = around;
  if (/^(source|\.)$/.test(nameOf(one)) && harmlessSources.test(file)) return;
  around.run.add(file);
  const text = texts.get(file);
  if (text !== undefined) readScript(text, putting, fedTo(one, stdin, texts), depth + 1);
  else if (!putting.context.put.has(putKey(putting, file, "judged"))) {
    addUnclear(putting, `the script ${file} that it runs is not in the program`);
  }
}

/** `su - USER -c TEXT`; without a text it is a command, or reads what it is fed. */
function readSwitched(one: Statement, around: Around): void {
  const flag = one.words.findIndex((word) => /^-[a-z-]*c$|^--command$/.test(word));
  if (flag >= 0) {
    readScript(one.words[flag + 1] ?? "", around.putting, undefined, around.depth + 1);
    return;
  }
  let at = 1;
  while (one.words[at]?.startsWith("-") === true && one.words[at] !== "--")
    at += /^(-[ugG]|--user|--group)$/.test(one.words[at] ?? "") ? 2 : 1;
  if (one.words[at] === "--") at += 1;
  if (nameOf(one) === "runuser" && at < one.words.length)
    readStatement(without(one, at), { ...around, depth: around.depth + 1 });
  else readShellCall({ ...one, words: ["sh"], open: new Set() }, around);
}

function readScheduled(one: Statement, around: Around): void {
  const { putting, stdin, depth, texts } = around;
  const isCron = nameOf(one) === "crontab";
  if (one.words.some((word) => (isCron ? /^-[lri]$/ : /^-[lrcdm]$/).test(word))) return;
  const valued = isCron ? /^-u$/ : /^-[qt]$/;
  const file = isCron
    ? one.words
        .slice(1)
        .find((word, index, all) => !word.startsWith("-") && !valued.test(all[index - 1] ?? ""))
    : one.words[one.words.indexOf("-f") + 1];
  const named = isCron ? file : one.words.includes("-f") ? file : undefined;
  const text = named === undefined ? fedTo(one, stdin, texts) : texts.get(named);
  if (typeof text !== "string") addUnclear(putting, "what it schedules is not in the text");
  else readScript(isCron ? cronCommands(text, false) : text, putting, undefined, depth + 1);
}

/** `watch COMMAND` and their like: the words are a command, or a text. */
function readWatched(one: Statement, around: Around): void {
  const flag = one.words.indexOf("-c");
  if (nameOf(one) === "script") {
    if (flag > 0) readScript(one.words[flag + 1] ?? "", around.putting, undefined, around.depth + 1);
    return;
  }
  let at = 1;
  while (one.words[at]?.startsWith("-") === true) at += one.words[at] === "-n" ? 2 : 1;
  readScript(one.words.slice(at).join(" "), around.putting, undefined, around.depth + 1);
}

function readSsh(one: Statement, { putting, depth, stdin, texts }: Around): void {
  let at = 1;
  while (one.words[at]?.startsWith("-") === true)
    at += /^-[BbcDEeFIiJLlMmOopQRSWw]$|^--(port|ssh)$/.test(one.words[at] ?? "") ? 2 : 1;
  const host = one.words[at]
    ?.replace(/^ssh:\/\//, "")
    .replace(/^.*@/, "")
    .replace(/[:/].*$/, "");
  const placement =
    host === undefined || one.open.has(at) || host.includes("$")
      ? unknown(`the host ${host ?? ""} of its ssh command cannot be known; write the node's address`)
      : ({ kind: "host", host } as const);
  const own = { ...putting, placement, local: false };
  const command = one.words.slice(one.words[at + 1] === "--" ? at + 2 : at + 1);
  const fed = fedTo(one, stdin, texts);
  if (command.length > 0) readScript(command.join(" "), own, fed, depth + 1);
  else if (isUnknown(fed)) addUnclear(own, `the script it is fed: ${fed.why}`);
  else if (fed !== undefined) readScript(fed, own, undefined, depth + 1);
}

function handedTo(one: Statement, { stdin, texts, written }: Around): Handed {
  const fed = fedTo(one, stdin, texts);
  return { fed: typeof fed === "string" ? fed : undefined, texts, written: [...written.keys()] };
}

/** Notes which files a command writes, and with what, as far as the text tells. */
function noteWrites(one: Statement, { written, texts, putting, stdin }: Around): void {
  const program = nameOf(one);
  const args = one.words.slice(1);
  const plainArgs = args.filter((word) => !word.startsWith("-"));
  const write = (path: string | undefined, content: Told<string> | undefined, appends = false): void => {
    if (path === undefined) return;
    const before = appends ? (written.get(path) ?? "") : "";
    const text = typeof content === "string" && !content.includes(notYet) ? before + content : undefined;
    written.set(path, text);
    putting.context.put.add(putKey(putting, path));
    if (text === undefined && decidesWhatRuns(path) && putting.local !== true) {
      addUnclear(
        putting,
        `the text of ${path}, which it writes, cannot be seen; put it into the program as plain text`,
      );
    }
  };
  const input = (): Told<string> | undefined => fedTo(one, stdin, texts);
  if (one.into !== undefined) write(one.into, outputOf(one, stdin, texts), one.appends);
  if (program === "tee") for (const path of plainArgs) write(path, input(), args.includes("-a"));
  if (program === "dd") write(args.find((word) => word.startsWith("of="))?.slice(3), input());
  if (/^(install|cp|mv)$/.test(program)) {
    const target = plainArgs.at(-1);
    const source = plainArgs.at(-2);
    if (target === undefined || source === undefined || args.includes("-d")) return;
    if (source === "/dev/stdin") write(target, input());
    else if (written.has(source)) write(target, written.get(source));
    else if (decidesWhatRuns(target) && !putting.context.put.has(putKey(putting, source)))
      write(target, undefined);
  }
  if (/^(curl|wget)$/.test(program)) {
    const at = args.findIndex((word) => /^(-o|-O|--output|--output-document)$/.test(word));
    const path = at < 0 ? undefined : args[at + 1];
    if (path !== undefined && decidesWhatRuns(path)) write(path, undefined);
  }
}
