import { houseCommand, type Said } from "../support/command";

/** Runs `homelab wake` or `sleep` on the lab's house. */
export const command = (name: "wake" | "sleep", ...args: string[]): Said => houseCommand(name, args, 120);
