import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

/** The backup of JetStream's streams, from a played server that says what the real one seldom does. */
let folder = "";
let server: Server;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "streams-"));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const message = (subject: string, payload: string, reply = "") =>
  `MSG ${subject} 1 ${reply === "" ? "" : `${reply} `}${payload.length}\r\n${payload}\r\n`;

/** A NATS with one stream, which says this of its snapshot, after the answer that announces it or around it. */
async function played(snapshot: (chunks: string, answer: string) => string): Promise<number> {
  server = createServer((socket) => {
    socket.write('INFO {"jetstream":true}\r\n');
    let text = "";
    socket.on("data", (data) => {
      text += data.toString();
      for (;;) {
        const line = /^([^\r]*)\r\n/.exec(text);
        if (line === null) return;
        const [whole, said = ""] = line;
        const published = /^PUB (\S+) (?:(\S+) )?(\d+)$/.exec(said);
        if (published === null) {
          text = text.slice(whole.length);
          if (said === "PING") socket.write("PONG\r\n");
          continue;
        }
        const [, subject = "", reply = "", length = ""] = published;
        const end = whole.length + Number(length) + 2;
        if (text.length < end) return;
        const payload = text.slice(whole.length, end - 2);
        text = text.slice(end);
        if (subject === "$JS.API.STREAM.NAMES")
          socket.write(message(reply, '{"total":1,"streams":["BUSY"]}'));
        if (subject === "$JS.API.STREAM.SNAPSHOT.BUSY") {
          const { deliver_subject: chunks } = JSON.parse(payload) as { deliver_subject: string };
          socket.write(snapshot(chunks, message(reply, '{"state":{"messages":7}}')));
        }
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function backup(port: number) {
  const begun = spawn(
    "perl",
    [join(__dirname, "files/nats-streams.pl"), "backup", String(port), "backup", folder],
    { timeout: 20_000 },
  );
  begun.stdin.end("password\n");
  let said = "";
  for (const stream of [begun.stdout, begun.stderr])
    stream.on("data", (data: Buffer) => (said += data.toString()));
  const [code] = (await once(begun, "close")) as [number | null];
  return { code, said };
}

it("a snapshot that begins before its answer is kept whole", async () => {
  const port = await played(
    (chunks, answer) =>
      message(chunks, "first", "got.it.5.1") + answer + message(chunks, "second") + message(chunks, ""),
  );
  expect(await backup(port)).toEqual({ code: 0, said: "BUSY: 7 messages\n" });
  expect(readFileSync(join(folder, "streams/BUSY/stream.tar.s2"), "utf8")).toBe("firstsecond");
});

it.each([
  ["lacks a part", (chunks: string) => message(chunks, "second", "got.it.6.2") + message(chunks, "")],
  ["is empty", (chunks: string) => message(chunks, "")],
])("a snapshot that %s is no backup", async (_what, snapshot) => {
  const port = await played((chunks, answer) => answer + snapshot(chunks));
  const { code, said } = await backup(port);
  expect(code).not.toBe(0);
  expect(said).toBe("The snapshot of BUSY came in part.\n");
  expect(existsSync(join(folder, "streams"))).toBe(false);
});
