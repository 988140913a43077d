/** Programs that start another one: what they start is what is looked at. */
import type { Statement } from "./statement";

/** Options that take a value as a word of its own, by program. */
const wrappers: Readonly<Record<string, RegExp>> = {
  sudo: /^-[ugCpDRTth]$|^--(user|group|chdir|prompt|host|close-from)$/,
  doas: /^-[uC]$/,
  env: /^-[uCS]$|^--(unset|chdir)$/,
  nice: /^-n$|^--adjustment$/,
  ionice: /^-[cnp]$/,
  nohup: /^$/,
  setsid: /^$/,
  time: /^-[fo]$/,
  exec: /^-a$/,
  command: /^$/,
  builtin: /^$/,
  chronic: /^$/,
  stdbuf: /^-[ioe]$/,
  unbuffer: /^$/,
  setpriv: /^--(reuid|regid|groups|inh-caps|ambient-caps|bounding-set|securebits|ptracer)$/,
  caffeinate: /^-[tw]$/,
  catchsegv: /^$/,
  "systemd-inhibit": /^--(what|who|why|mode)$/,
  "systemd-cat": /^-[tp]$/,
  "systemd-run":
    /^-[pMHEu]$|^--(unit|property|description|slice|uid|gid|nice|setenv|on-active|on-boot|on-calendar|working-directory|machine|host|service-type|timer-property)$/,
  unshare: /^-[SGR]$|^--(setuid|setgid|root|wd|map-users|map-groups)$/,
  nsenter: /^-[tSGW]$|^--(target|setuid|setgid)$/,
  sshpass: /^-[pfdP]$/,
  strace: /^-[oepsPESu]$/,
  ltrace: /^-[oenpsSu]$/,
  busybox: /^$/,
  toybox: /^$/,
  firejail: /^$/,
  dbus_run_session: /^$/,
  faketime: /^$/,
  proot: /^-[rbwqk]$/,
};

/** Wrappers with words of their own before the command: how many. */
const leading: Readonly<Record<string, number>> = {
  timeout: 1,
  chrt: 1,
  taskset: 1,
  chroot: 1,
  flock: 1,
  faketime: 1,
  runcon: 1,
};

/** The command that another program starts, taken out of it; the command itself where there is none. */
export function unwrapped(one: Statement): Statement {
  let current = one;
  for (let depth = 0; depth < 20; depth += 1) {
    const inner = unwrappedOnce(current);
    if (inner === undefined) return current;
    current = inner;
  }
  return current;
}

function unwrappedOnce(one: Statement): Statement | undefined {
  const program = nameOf(one);
  const options =
    wrappers[program] ??
    (leading[program] === undefined ? undefined : /^-[skTcEwpn]$|^--(signal|kill-after|wait|timeout)$/);
  if (options === undefined || one.open.has(0)) return program === "ip" ? inNamespace(one) : undefined;
  if (program === "command" && /^-[vVp]*[vV]/.test(one.words[1] ?? "")) return undefined;
  // `flock FILE -c TEXT` and `env -S TEXT` are looked at as what starts a shell.
  if (program === "flock" && one.words.includes("-c")) return without(one, one.words.indexOf("-c"), ["sh"]);
  const split = one.words.findIndex((word) => word === "-S" || word.startsWith("--split-string"));
  if (program === "env" && split > 0) {
    const text = one.words[split]?.startsWith("--split-string=") === true ? [] : one.words.slice(split + 1);
    const whole = [(one.words[split] ?? "").replace(/^(-S|--split-string=?)/, ""), ...text].join(" ");
    return { ...one, words: ["sh", "-c", whole], open: one.open.size > 0 ? new Set([2]) : new Set() };
  }
  let at = 1;
  const env: Record<string, string> = { ...one.env };
  for (;;) {
    const word = one.words[at];
    if (word === undefined)
      return program === "exec" || program === "sudo" ? without(one, at, [":"]) : undefined;
    if (word === "--") {
      at += 1;
      break;
    }
    const set = /^([A-Za-z_]\w*)=(.*)$/s.exec(word);
    if (set !== null && /^(env|sudo|doas|systemd-run)$/.test(program)) env[set[1] ?? ""] = set[2] ?? "";
    else if (!word.startsWith("-") || word === "-") break;
    else if (options.test(word)) at += 1;
    at += 1;
  }
  at += leading[program] ?? 0;
  if (at >= one.words.length) return undefined;
  return { ...without(one, at), env };
}

/** `ip netns exec NAME COMMAND`. */
function inNamespace(one: Statement): Statement | undefined {
  const at = one.words.indexOf("exec");
  return one.words[1] === "netns" && at > 0 && at + 2 < one.words.length ? without(one, at + 2) : undefined;
}

/** A statement without its first words, or with others in their place. */
export function without(one: Statement, count: number, instead: readonly string[] = []): Statement {
  const words = [...instead, ...one.words.slice(count)];
  const open = [...one.open].filter((at) => at >= count).map((at) => at - count + instead.length);
  return { ...one, words, open: new Set(open) };
}

/** The program of a statement, without its folder. */
export function nameOf({ words }: Statement): string {
  return (words[0] ?? "").replace(/^.*\//, "");
}

/** What `xargs` and `find -exec` start; parts of it come from elsewhere. Undefined where they start nothing. */
export function startedFor(one: Statement): readonly Statement[] {
  const program = nameOf(one);
  if (program === "xargs" || program === "parallel") {
    let at = 1;
    while (one.words[at]?.startsWith("-") === true)
      at += /^-[aEIdLnPs]$|^-j$|^--(arg-file|delimiter|max-args|max-procs|replace|max-lines|jobs)$/.test(
        one.words[at] ?? "",
      )
        ? 2
        : 1;
    if (at >= one.words.length) return [];
    const { text, words, open, env } = without(one, at);
    // What it reads are words for the command.
    return [{ text, words: [...words, "$@"], open: new Set([...open, words.length]), env }];
  }
  return one.words.flatMap((word, at) => {
    if (!/^-(exec|execdir|ok|okdir)$/.test(word)) return [];
    const end = one.words.findIndex((other, index) => index > at && (other === ";" || other === "+"));
    const inner = without({ ...one, words: one.words.slice(0, end < 0 ? undefined : end) }, at + 1);
    const found = inner.words.flatMap((other, index) => (other.includes("{}") ? [index] : []));
    return [{ ...inner, open: new Set([...inner.open, ...found]) }];
  });
}
