import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { dimensions, type Document } from "../../packages/search";
import { freePort, listens } from "../support/ports";

/** An open port of this process's own loopback that leads to PostgreSQL, seen from desktop. */
export interface Tunnel {
  /** The connection string by way of it. */
  dsn(of: string): string;
  close(): void;
}

/** PostgreSQL lets the house's machines in and nobody else, so the tests come from desktop, too. */
export async function fromDesktop(host: string, port: number): Promise<Tunnel> {
  const own = await freePort();
  const ssh = spawn(
    join(__dirname, "../../lab/ssh"),
    ["desktop", "-N", "-o", "ControlPath=none", "-L", `127.0.0.1:${own}:${host}:${port}`],
    { stdio: "ignore" },
  );
  for (let attempt = 0; !(await listens(own)); attempt += 1) {
    if (attempt === 100 || ssh.exitCode !== null) throw new Error("There is no way to desktop by lab/ssh.");
    await sleep(100);
  }
  return {
    dsn: (of) => {
      const at = new URL(of);
      at.host = `127.0.0.1:${own}`;
      return at.href;
    },
    close: () => ssh.kill(),
  };
}

/** Some direction of its own: two of these are far from each other. */
export const somewhere = (): number[] => {
  const numbers = Array.from({ length: dimensions }, () => Math.random() - 0.5);
  const length = Math.hypot(...numbers);
  return numbers.map((number) => number / length);
};

export const document = (correlationId: string, content: string, embedding = somewhere()): Document => ({
  id: randomUUID(),
  correlationId,
  content,
  embedding,
});
