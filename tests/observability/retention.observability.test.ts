import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { until } from "../support/until";
import { freePort } from "../support/ports";
import { programsOf } from "../support/programs";

/** The log engine of the lab, on loopback: its clock cannot be put forward on a machine whose other lines are kept. */
const folder = mkdtempSync(join(tmpdir(), "homelab-logs-"));
let engine: ChildProcess | undefined;

async function stop(): Promise<void> {
  const ended = new Promise((done) => engine?.once("exit", done));
  if (engine?.kill("SIGTERM") === true) await ended;
}
async function start(days: number): Promise<string> {
  const port = await freePort();
  engine = spawn(
    join(programsOf("victorialogs", "victoria-logs-prod"), "victoria-logs-prod"),
    [
      ...[`-storageDataPath=${folder}`, `-retentionPeriod=${days}d`],
      ...[`-httpListenAddr=127.0.0.1:${port}`, "-loggerLevel=WARN"],
    ],
    { stdio: "ignore" },
  );
  const at = `http://127.0.0.1:${port}`;
  await until("that it answers", async () => (await fetch(`${at}/health`)).ok || undefined, 60);
  return at;
}
afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

const messages = async (at: string) => {
  const asked = await fetch(`${at}/select/logsql/query`, {
    method: "POST",
    body: new URLSearchParams({ query: "_time:100d * | sort by (_time)" }),
  });
  const lines = (await asked.text()).split("\n").filter((line) => line !== "");
  return lines.map((line) => (JSON.parse(line) as { _msg: string })._msg);
};

it("a line is gone once it is older than what is kept, and the others are not", async () => {
  const days = (count: number) => new Date(Date.now() - count * 86_400_000).toISOString();
  const lines = { "of six days ago": days(6), "of two days ago": days(2), "of now": days(0) };
  let at = await start(30);
  await fetch(`${at}/insert/jsonline?_stream_fields=unit`, {
    method: "POST",
    headers: { "Content-Type": "application/stream+json" },
    body: Object.entries(lines)
      .map(([_msg, _time]) => JSON.stringify({ _msg, _time, unit: "test" }))
      .join("\n"),
  });
  await until("that they are there", async () => ((await messages(at)).length === 3 ? true : undefined), 60);
  await stop();
  at = await start(4);
  expect(await messages(at)).toEqual(["of two days ago", "of now"]);
  // It is no longer taken, either.
  await fetch(`${at}/insert/jsonline?_stream_fields=unit`, {
    method: "POST",
    headers: { "Content-Type": "application/stream+json" },
    body: JSON.stringify({ _msg: "late", _time: days(6), unit: "test" }),
  });
  await stop();
  at = await start(30);
  expect(await messages(at)).toEqual(["of two days ago", "of now"]);
});
