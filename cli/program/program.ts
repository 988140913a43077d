import { version } from "../../package.json";
import { commands } from "../commands";
import { HomelabCommand } from "./command";

/** The whole command, `homelab`. */
export function program(): HomelabCommand {
  return new HomelabCommand("homelab")
    .description("A home's three machines as one system: what is not `pulumi up`.")
    .usage("<command> [options]")
    .version(version, "-V, --version", "shows the version")
    .example("homelab restore list", "what the backups hold")
    .verbs(...commands.map((command) => command()));
}

/**
 * Options may stand before the verb too: `restore --yes drill` is `restore drill --yes`.
 * @param args after `homelab`
 */
export function verbFirst(root: HomelabCommand, args: readonly string[]): readonly string[] {
  const group = root.subcommands.find((command) => command.name() === args[0]);
  if (group === undefined || group.subcommands.length === 0) return args;
  const options = group.subcommands.flatMap((command) => command.options);
  let at = 1;
  while (args[at]?.startsWith("-") === true) {
    const [name, value] = (args[at] ?? "").split("=");
    const option = options.find(({ long, short }) => long === name || short === name);
    // Commander says what is wrong with it.
    if (option === undefined) return args;
    at += option.required && value === undefined ? 2 : 1;
  }
  const verb = args[at];
  if (verb === undefined) return args;
  return [...args.slice(0, 1), verb, ...args.slice(1, at), ...args.slice(at + 1)];
}
