/** Writes docs/commands.md; a test compares it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Option } from "commander";
import type { HomelabCommand } from "./command";
import { program } from "./program";
import { project } from "./project";

export const commandsPage = join(project, "docs/commands.md");

const head = `# Commands

<!-- Written by \`npm run docs:commands\` from cli/commands; a test compares it. -->

\`npx homelab\`, or \`./homelab\` in a clone, is what people do beside \`pulumi\`; \`lab/homelab\` is the same for the [lab](lab.md). Every command has \`--help\`. The npm scripts of the same names (\`npm run --silent wake -- compute\`) run the same code.

- **Exit codes**: 0 done, 1 failed, 2 wrong usage; where a command means something else by one, its table says so. What went wrong is a sentence on standard error.
- **Which house**: \`--topology\` (or \`HOMELAB_TOPOLOGY\`) and \`--identity\` (or \`HOMELAB_IDENTITY\`).
- **For programs**: \`--output json\` where a command has it.
- **Completion**: \`source <(homelab completion bash)\`; zsh and fish: [completion](#homelab-completion).`;

/** The whole page. */
export function commandsMarkdown(): string {
  const commands = program().subcommands;
  const contents = commands.map(
    (command) =>
      `| [\`${command.path}\`](#${command.path.replaceAll(" ", "-")}) | ${cell(command.summary())} |`,
  );
  return [
    head,
    ["| Command | What it does |", "| --- | --- |", ...contents].join("\n"),
    ...commands.flatMap((command) => section(command, 2)),
    "",
  ].join("\n\n");
}

function section(command: HomelabCommand, depth: number): string[] {
  const group = command.subcommands.length > 0;
  return [
    `${"#".repeat(depth)} ${command.path}`,
    command.description().replace(/[^.]$/, "$&."),
    ...(group ? [] : [`\`\`\`text\n${command.path} ${command.usage()}\n\`\`\``, tables(command)]),
    ...(command.examples.length === 0
      ? []
      : [command.examples.map(({ line, does }) => `- \`${line}\`: ${does}`).join("\n")]),
    ...command.subcommands.flatMap((verb) => section(verb, depth + 1)),
  ];
}

function tables(command: HomelabCommand): string {
  const rows = [
    ...command.registeredArguments.map((argument) => [
      `\`${argument.required ? `<${argument.name()}>` : `[${argument.name()}]`}\``,
      `${argument.description}${chosen(argument.argChoices)}`,
    ]),
    ...command.options.map((option) => [`\`${option.flags}\``, `${option.description}${notes(option)}`]),
    ...[...command.exitCodes].map(([code, meaning]) => [`exit ${code}`, meaning]),
  ];
  return ["| | |", "| --- | --- |", ...rows.map((row) => `| ${row.map(cell).join(" | ")} |`)].join("\n");
}

const chosen = (choices: readonly string[] | undefined) =>
  choices === undefined ? "" : `: ${choices.map((choice) => `\`${choice}\``).join(", ")}`;

function notes(option: Option): string {
  const value: unknown = option.defaultValue;
  const told = typeof value === "string" || typeof value === "number" ? ` (default: ${value})` : "";
  return `${chosen(option.argChoices)}${told}`;
}

/** A word in angle brackets outside of code would be taken for HTML. */
const cell = (text: string) => text.replaceAll("|", "\\|");

if (require.main === module) writeFileSync(commandsPage, commandsMarkdown());
