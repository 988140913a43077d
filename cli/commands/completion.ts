import { Argument } from "commander";
import { shells, type Shell } from "../program/completion";
import { HomelabCommand } from "../program/command";
import { print } from "./nodes";

export const completion = () =>
  new HomelabCommand("completion")
    .summary("print a completion script for your shell")
    .description(
      "Prints a script that completes commands, options and their values. It is made from the same table as this help.",
    )
    .addArgument(new Argument("<shell>", "your shell").choices(Object.keys(shells)))
    .example("source <(homelab completion bash)", "in ~/.bashrc")
    .example("homelab completion zsh > ~/.zfunc/_homelab", "with ~/.zfunc in fpath, before compinit")
    .example("homelab completion fish > ~/.config/fish/completions/homelab.fish", "for every new shell")
    .runs(async (_options: object, shell: Shell) => {
      const { program } = await import("../program/program");
      print(shells[shell](program()));
      return undefined;
    });
