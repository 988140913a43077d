import { readFileSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { ConnectionArgs } from "./connection-args";
import { RemoteError, Unreachable } from "../packages/errors";
import { session } from "./ssh";

/** What a script on the node said. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Data for the script; secrets travel here and nowhere else. */
  readonly stdin?: string;
  /** Upper bound for the whole call, seconds; the script is told to end with the connection. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Given what the script says as it says it, for work that takes its time. */
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
}

const scripts = new Map<string, string>();

/**
 * The text of an agent script with the scripts that it shares with others in the place of its `source` lines; also for
 * a unit that runs it.
 */
export function scriptText(name: string): string {
  let text = scripts.get(name);
  if (text === undefined) {
    const read = (file: string) => readFileSync(join(__dirname, "agent", file), "utf8");
    text = withoutComments(
      read(`${name}.sh`).replace(/^source ([a-z-]+\.sh)$/gm, (_line, shared: string) => read(shared)),
    );
    scripts.set(name, text);
  }
  return text;
}

/** Comments are for readers of the file; the process list of the node does not need them. */
function withoutComments(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n");
}

/** Printed by the script before anything else, on both of its outputs. */
const begins = "homelab-script-begins\n";
/** In two words, so that a login shell which echoes its commands does not print the marker with them. */
const sayBegins = [">&1", ">&2"].map((to) => `printf '%s-%s\\n' homelab script-begins ${to}\n`).join("");

/**
 * One output of a script, without what the login shell printed before it (a greeting in .bashrc, a warning of a
 * start-up file): everything up to and including the marker is dropped.
 */
class ScriptOutput {
  readonly #decoder = new StringDecoder("utf8");
  #begun = false;
  #before = "";
  #text = "";

  constructor(private readonly listener: (text: string) => void = () => undefined) {}

  add(data: Buffer): void {
    const text = this.#decoder.write(data);
    if (this.#begun) this.#pass(text);
    else {
      this.#before += text;
      const at = this.#before.indexOf(begins);
      if (at === -1) return;
      this.#begun = true;
      this.#pass(this.#before.slice(at + begins.length));
    }
  }

  /** Whether the script has begun; if not, what was printed is in {@link before}. */
  get begun(): boolean {
    return this.#begun;
  }

  get before(): string {
    return this.#before;
  }

  get text(): string {
    return this.#text;
  }

  #pass(text: string): void {
    if (text === "") return;
    this.#text += text;
    this.listener(text);
  }
}

/** The lines of a script's answer, each as its tab-separated parts. */
export const rowsOf = (stdout: string): string[][] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));

/** A constant text as one shell word. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Runs one of the scripts in remote/agent on a node, as root. The script's text is constant; everything variable
 * goes by standard input, so nothing is ever pasted into a command.
 *
 * @throws Unreachable when the node does not answer or falls silent.
 * @throws RemoteError when sudo refuses, something else runs in the script's place, or the time is over.
 */
export async function runScript(
  connection: ConnectionArgs,
  name: string,
  options: RunOptions,
): Promise<CommandResult> {
  options.signal.throwIfAborted();
  const shell = `bash -c ${quoted(sayBegins + scriptText(name))} homelab-${name}`;
  const command = connection.user === "root" ? shell : `sudo -n ${shell}`;
  return session(
    connection,
    command,
    (channel) =>
      new Promise<CommandResult>((resolve, reject) => {
        const stdout = new ScriptOutput(options.onStdout);
        const stderr = new ScriptOutput(options.onStderr);
        let exit: number | undefined;
        const stop = (why: Error) => {
          channel.close();
          reject(why);
        };
        const timer = setTimeout(() => {
          stop(
            new RemoteError(
              `${connection.node} did not finish ${name} within ${options.timeoutSeconds} s: look at it with \`systemctl status\` there, then run this again.`,
            ),
          );
        }, options.timeoutSeconds * 1_000);
        const onAbort = () => {
          stop(new RemoteError(`${name} on ${connection.node} was cancelled.`));
        };
        options.signal.addEventListener("abort", onAbort, { once: true });
        channel.stderr.on("data", (data: Buffer) => {
          stderr.add(data);
        });
        channel.on("data", (data: Buffer) => {
          stdout.add(data);
        });
        channel.on("exit", (code: number | null) => (exit = code ?? 255));
        channel.on("close", () => {
          clearTimeout(timer);
          options.signal.removeEventListener("abort", onAbort);
          if (exit === undefined) {
            reject(
              new Unreachable(
                `${connection.node} went away while ${name} ran: run this again when it is back; what was begun is finished then.`,
              ),
            );
          } else if (stdout.begun) resolve({ code: exit, stdout: stdout.text, stderr: stderr.text });
          else reject(notRun(connection, exit, stderr.before.trim() || stdout.before.trim()));
        });
        channel.end(options.stdin ?? "");
      }),
  );
}

/** Why the script did not begin: sudo refused, or something else runs in the place of what is asked. */
function notRun(connection: ConnectionArgs, code: number, said: string): RemoteError {
  const { user, node } = connection;
  if (user !== "root" && /^sudo: /m.test(said)) {
    return new RemoteError(
      `${user} on ${node} may not run sudo without a password: allow it in /etc/sudoers.d, or connect as root.`,
    );
  }
  return new RemoteError(
    `${node} did not run what it was asked to (exit code ${code}): look at the login shell of ${user} there, and at ForceCommand in sshd_config.${said === "" ? "" : ` It said: ${said.slice(0, 300)}`}`,
  );
}
