import { HomelabCommand, type NodeOptions, type OutputOptions } from "../program/command";
import { print, printJson } from "./nodes";

const tones = { ok: "good", note: "doubtful", missing: "bad" } as const;

export const doctor = () =>
  new HomelabCommand("doctor")
    .summary("look what this computer lacks, and whether it reaches the nodes")
    .description(
      "Looks at what this program needs on your computer (Node.js, Pulumi and its plugins, the SSH key, the state, the passphrase, the topology) and whether it gets into each node: a line each, with what to do. For the lab's own needs: make doctor.",
    )
    .house()
    .json()
    .exits(0, "nothing is missing")
    .exits(1, "something is missing: its line says what to do")
    .example("homelab doctor", "before the first `pulumi up`, and when something does not work")
    .runs(async (options: NodeOptions & OutputOptions) => {
      const { examine } = await import("../doctor/examine");
      const checks = await examine(options);
      if (options.output === "json") printJson(checks);
      else {
        const { columns, painter } = await import("../terminal");
        const paint = painter(process.stdout, process.env);
        const rows = columns(checks.map(({ state, what, says }) => [state, what, says]));
        for (const [at, { state }] of checks.entries()) {
          const row = rows[at] ?? "";
          print(`${paint(tones[state], row.slice(0, state.length))}${row.slice(state.length)}`);
        }
      }
      return checks.some(({ state }) => state === "missing") ? 1 : 0;
    });
