import { homelabCommand, type CommandResult } from "../support/command";

/** Runs `homelab wake` or `sleep` on the lab's house. */
export const command = (name: "wake" | "sleep", ...args: string[]): CommandResult =>
  homelabCommand(name, args, 120);
