import type { Option } from "commander";
import type { HomelabCommand } from "./command";

/** Completion scripts, made from the command tree: they start nothing, and need nothing but the shell. */
export const shells = { bash, zsh, fish } as const;
export type Shell = keyof typeof shells;

/** What can follow one command. */
interface Place {
  /** The words of the command, after `homelab`: "restore list"; "" for none yet. */
  readonly words: string;
  readonly verbs: readonly Word[];
  readonly options: readonly (Word & { readonly value: Value | undefined })[];
  /** Words that its arguments may be. */
  readonly operands: readonly string[];
}

interface Word {
  readonly word: string;
  readonly says: string;
}

/** What an option takes: one of some words, or something that only its user knows, such as a file. */
type Value = readonly string[] | "anything";

function places(command: HomelabCommand, words: readonly string[] = []): Place[] {
  const { options } = command;
  const here: Place = {
    words: words.join(" "),
    verbs: command.subcommands.map((verb) => ({
      word: verb.name(),
      says: verb.summary() || verb.description(),
    })),
    options: [
      ...options.map((option) => ({
        word: option.long ?? option.short ?? "",
        says: option.description,
        value: valueOf(option),
      })),
      { word: "--help", says: "shows help", value: undefined },
    ],
    operands: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  return [here, ...command.subcommands.flatMap((verb) => places(verb, [...words, verb.name()]))];
}

function valueOf(option: Option): Value | undefined {
  if (!option.required && !option.optional) return undefined;
  return option.argChoices ?? "anything";
}

/** Options of the same place that take something which only their user knows. */
const taking = ({ options }: Place) =>
  options.filter(({ value }) => value === "anything").map(({ word }) => word);
const choosing = ({ options }: Place) =>
  options.flatMap(({ word, value }) =>
    value === undefined || value === "anything" ? [] : [{ word, value }],
  );

/** Descriptions and words are this program's own; a quote in one must not end the text all the same. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Cases of bash and zsh that follow the words to the command they name. */
const steps = (all: readonly Place[]) =>
  all
    .filter(({ words }) => words !== "")
    .map(({ words }) => `      ${quoted(words.includes(" ") ? words : ` ${words}`)}) at=${quoted(words)} ;;`)
    .join("\n");

function bash(root: HomelabCommand): string {
  const all = places(root);
  return `# bash completion for homelab: source <(homelab completion bash)
_homelab() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at='' word words=''
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
${steps(all)}
    esac
  done
  case "$at $prev" in
${all
  .flatMap((place) => [
    ...choosing(place).map(
      ({ word, value }) =>
        `    ${quoted(`${place.words} ${word}`)}) mapfile -t COMPREPLY < <(compgen -W ${quoted(value.join(" "))} -- "$cur"); return ;;`,
    ),
    ...taking(place).map(
      (word) =>
        `    ${quoted(`${place.words} ${word}`)}) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;`,
    ),
  ])
  .join("\n")}
  esac
  case $at in
${all
  .map(
    ({ words, verbs, options, operands }) =>
      `    ${quoted(words)}) words=${quoted([...verbs.map(({ word }) => word), ...operands].join(" "))}; case $cur in -*) words=${quoted(options.map(({ word }) => word).join(" "))} ;; esac ;;`,
  )
  .join("\n")}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  if [ -n "$words" ] || [ \${#COMPREPLY[@]} -gt 0 ]; then return; fi
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
complete -o filenames -F _homelab homelab ./homelab lab/homelab`;
}

function zsh(root: HomelabCommand): string {
  const described = (words: readonly Word[]) =>
    words.map(({ word, says }) => quoted(`${word}:${says}`)).join(" ");
  const all = places(root);
  return `#compdef homelab
_homelab() {
  local at='' word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
${steps(all)}
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${all
  .flatMap((place) => [
    ...choosing(place).map(
      ({ word, value }) =>
        `    ${quoted(`${place.words} ${word}`)}) compadd -- ${value.map(quoted).join(" ")}; return ;;`,
    ),
    ...taking(place).map((word) => `    ${quoted(`${place.words} ${word}`)}) _files; return ;;`),
  ])
  .join("\n")}
  esac
  case $at in
${all
  .map(({ words, verbs, options, operands }) => {
    const rest = [
      ...(operands.length > 0 ? [`compadd -- ${operands.map(quoted).join(" ")}`] : []),
      ...(verbs.length + operands.length === 0 ? ["_files"] : []),
    ];
    return `    ${quoted(words)})
      if [[ $PREFIX == -* ]]; then found=(${described(options)}); else found=(${described(verbs)}); fi
      (( \${#found} )) && _describe homelab found${rest.length > 0 ? `\n      [[ $PREFIX == -* ]] || { ${rest.join("; ")}; }` : ""} ;;`;
  })
  .join("\n")}
  esac
}
if [ "$funcstack[1]" = _homelab ]; then _homelab; else compdef _homelab homelab; fi`;
}

function fish(root: HomelabCommand): string {
  const all = places(root);
  const lines = all.flatMap(({ words, verbs, options, operands }) => {
    const line = (more: string) =>
      `complete -c homelab -n ${quoted(`__homelab_at ${quoted(words)}`)} ${more}`;
    return [
      ...verbs.map(({ word, says }) => line(`-f -a ${quoted(word)} -d ${quoted(says)}`)),
      ...operands.map((word) => line(`-f -a ${quoted(word)}`)),
      ...options.map(({ word, says, value }) => {
        const takes =
          value === undefined ? "" : value === "anything" ? " -r -F" : ` -x -a ${quoted(value.join(" "))}`;
        return line(`-l ${word.slice(2)}${takes} -d ${quoted(says)}`);
      }),
    ];
  });
  return `# fish completion for homelab
function __homelab_at
  set -l at ''
  for word in (commandline -opc)[2..]
    switch "$at $word"
${all
  .filter(({ words }) => words !== "")
  .map(
    ({ words }) =>
      `      case ${quoted(words.includes(" ") ? words : ` ${words}`)}\n        set at ${quoted(words)}`,
  )
  .join("\n")}
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join("\n")}`;
}
