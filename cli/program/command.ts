import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { nodeNames } from "../../topology/names";

/** The command line is wrong; the message is one sentence that says how. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A line that can be typed, and what it does. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

/** Which topology, and which key opens its machines. */
export interface NodeOptions {
  readonly topology: string;
  readonly identity?: string;
}

export interface OutputOptions {
  readonly output: "text" | "json";
}

export const wrongUsage = 2;

/**
 * A command as this program describes it: what Commander knows, with examples and exit codes. Help, completion and
 * docs/commands.md are derived from it.
 */
export class HomelabCommand extends Command {
  readonly examples: Example[] = [];
  readonly exitCodes = new Map<number, string>();
  /** Of the root: the exit code of the command that ran. */
  exitCode = 0;

  constructor(name?: string) {
    super(name);
    this.exitOverride().helpOption("-h, --help", "shows this");
    this.exits(0, "done").exits(1, "failed").exits(wrongUsage, "wrong usage: nothing was done");
    // Said once, by who runs the program.
    this.configureOutput({ outputError: () => undefined });
    this.addHelpText("after", () => appendix(this));
  }

  override createCommand(name?: string): HomelabCommand {
    return new HomelabCommand(name);
  }

  /** As it is typed: `homelab restore list`. */
  get path(): string {
    return [...(this.parent instanceof HomelabCommand ? [this.parent.path] : []), this.name()].join(" ");
  }

  get subcommands(): readonly HomelabCommand[] {
    return this.commands.filter((command) => command instanceof HomelabCommand);
  }

  example(line: string, does: string): this {
    this.examples.push({ line, does });
    return this;
  }

  /** What an exit code says; 0, 1 and 2 have a meaning of their own already. */
  exits(code: number, meaning: string): this {
    this.exitCodes.set(code, meaning);
    return this;
  }

  verbs(...commands: readonly HomelabCommand[]): this {
    for (const command of commands) this.addCommand(command);
    return this.helpCommand(false);
  }

  /** @see NodeOptions */
  house(): this {
    return this.#topology("the nodes of the house").addOption(
      new Option(
        "--identity <key>",
        "the private SSH key, or `agent` (default: ~/.ssh/id_ed25519 where it exists, else the agent)",
      ).env("HOMELAB_IDENTITY"),
    );
  }

  /** Of a command that reads stack files, and reaches no node. */
  stackFiles(): this {
    return this.#topology("the nodes of the house; the stack files, Pulumi.NODE.yaml, are beside it");
  }

  #topology(description: string): this {
    return this.addOption(
      new Option("--topology <file>", description).env("HOMELAB_TOPOLOGY").default("topology.yaml"),
    );
  }

  /** `--output json`, for programs. */
  json(): this {
    return this.addOption(
      new Option("--output <form>", "for people or for programs").choices(["text", "json"]).default("text"),
    );
  }

  node(description: string, names: readonly string[] = nodeNames, form = "<node>"): this {
    return this.addArgument(new Argument(form, description).choices(names));
  }

  /**
   * What the command does.
   * @param act is given the options, then the arguments; returns the exit code. @default 0
   */
  runs(act: (options: never, ...operands: never[]) => Promise<number | undefined>): this {
    const given = act as (...all: readonly unknown[]) => Promise<number | undefined>;
    return this.action(async () => {
      this.root.exitCode = (await given(this.opts(), ...(this.processedArgs as readonly unknown[]))) ?? 0;
    });
  }

  override error(message: string): never {
    throw new UsageError(`${this.path}: ${sentence(message)} See \`${this.path} --help\`.`);
  }

  private get root(): HomelabCommand {
    return this.parent instanceof HomelabCommand ? this.parent.root : this;
  }
}

/** Commander's message and its suggestion, which stands on a line of its own, as one sentence. */
function sentence(message: string): string {
  const [said = "", hint = ""] = message.replace(/^error: /, "").split("\n");
  const nearest = /Did you mean (.+)\?\)$/.exec(hint)?.[1];
  if (nearest !== undefined) return `${said}: did you mean ${nearest}?`;
  return said.endsWith(".") ? said : `${said}.`;
}

/** What stands below the options in a command's help. */
function appendix(command: HomelabCommand): string {
  const list = (rows: readonly (readonly [string, string])[]) => {
    const width = Math.max(...rows.map(([first]) => first.length));
    return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`).join("\n");
  };
  const parts: string[] = [];
  if (command.examples.length > 0)
    parts.push(`Examples:\n${list(command.examples.map(({ line, does }) => [line, does]))}`);
  if (command.subcommands.length === 0)
    parts.push(
      `Exit codes:\n${list([...command.exitCodes].map(([code, meaning]) => [String(code), meaning]))}`,
    );
  return parts.length === 0 ? "" : `\n${parts.join("\n\n")}`;
}

/** Takes a whole number within bounds. @throws InvalidArgumentError */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

/** Of an option that may be repeated. */
export const collected = (text: string, former: readonly string[]): readonly string[] => [...former, text];
