import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";

const provider = join(__dirname, "pulumi-resource-homelab");

/** Starts the provider as the engine does, below another process; gives the ids of both once it serves. */
async function started(): Promise<{ parent: number; child: number }> {
  const shell = spawn("bash", ["-c", '"$0" 127.0.0.1:9 & echo "pid $!"; wait', provider], {
    cwd: join(__dirname, ".."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  shell.stdout.on("data", (data: Buffer) => (said += data.toString()));
  // The engine reads the port from the first line of output.
  for (let tries = 0; !/^\d+$/m.test(said) && tries < 400; tries += 1) await sleep(100);
  const child = Number(/^pid (\d+)$/m.exec(said)?.[1]);
  if (shell.pid === undefined || !/^\d+$/m.test(said)) throw new Error(`The provider did not start: ${said}`);
  return { parent: shell.pid, child };
}

it("the provider ends with the engine that started it, also when that was killed", async () => {
  const { parent, child } = await started();
  await sleep(1_500);
  expect(existsSync(`/proc/${child}`)).toBe(true);
  process.kill(parent, "SIGKILL");
  for (let tries = 0; existsSync(`/proc/${child}`) && tries < 50; tries += 1) await sleep(100);
  expect(existsSync(`/proc/${child}`)).toBe(false);
});
