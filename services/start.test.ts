import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freePort } from "../tests/support/ports";

/** start.py's wait, without what it does in PostgreSQL. */
const program = `
import importlib.util, sys, time, types
sys.modules["psycopg2"] = types.ModuleType("psycopg2")
spec = importlib.util.spec_from_file_location("start", ${JSON.stringify(join(__dirname, "files/start.py"))})
start = importlib.util.module_from_spec(spec)
spec.loader.exec_module(start)
start.wait_for(sys.argv[1], float(sys.argv[2]))
`;
const waiting = (address: string, seconds: number) =>
  new Promise<{ seconds: number; said: string }>((resolve, reject) => {
    const began = Date.now();
    let said = "";
    const child = spawn("python3", ["-c", program, address, String(seconds)]);
    child.stdout.on("data", (data: Buffer) => (said += data.toString()));
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    child.once("error", reject);
    child.once("exit", () => {
      resolve({ seconds: (Date.now() - began) / 1000, said });
    });
  });

describe("a program of Dagster's", () => {
  it("begins as soon as the code server answers, also where it did not at first", async () => {
    const port = await freePort();
    const server = createServer((socket) => socket.destroy());
    setTimeout(() => server.listen(port, "127.0.0.1"), 1500);
    const { seconds, said } = await waiting(`127.0.0.1:${port}`, 60);
    server.close();
    expect(said).toBe("");
    expect(seconds).toBeGreaterThan(1);
    expect(seconds).toBeLessThan(30);
  });

  it("begins without it in the end, so that its page says what is wrong with the code", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    expect((await waiting(address, 1)).said).toBe(`${address} does not answer: going on without it.\n`);
  });
});
