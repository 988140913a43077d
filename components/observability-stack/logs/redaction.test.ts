import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chainExpression, perlPatterns, redact } from "./redaction";

const token = "gh" + "p_0123456789abcdefghijABCDEFGHIJ";
const jwt = "ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
/** A line, and what is left of it. */
const lines: readonly (readonly [string, string])[] = [
  ["password=hunter2 user=ada", "password=[redacted] user=ada"],
  ["PGPASSWORD=hunter2 psql", "PGPASSWORD=[redacted] psql"],
  ['{"token": "a b \\" c", "n": 1}', '{"token": "[redacted]", "n": 1}'],
  ["{'api_key': 'a b', 'n': 1}", "{'api_key': '[redacted]', 'n': 1}"],
  ['{"log":"{\\"secret\\":\\"abc\\",\\"n\\":1}"}', '{"log":"{\\"secret\\":\\"[redacted]\\",\\"n\\":1}"}'],
  ["Authorization: Bearer abcdefgh then more", "Authorization: Bearer [redacted] then more"],
  ["authorization=rawtoken then more", "authorization=[redacted] then more"],
  ["Proxy-Authorization: Basic dXNlcjpwYXNz", "Proxy-Authorization: Basic [redacted]"],
  ["sent bearer abcdefgh.ijk", "sent bearer [redacted]"],
  [
    "connect to postgresql://agent:hun/ter2@10.0.0.1/agent_gateway",
    "connect to postgresql://agent:[redacted]@10.0.0.1/agent_gateway",
  ],
  ["redis://:hunter2@10.0.0.1", "redis://:[redacted]@10.0.0.1"],
  ["GET /hook?token=abc&n=1", "GET /hook?token=[redacted]&n=1"],
  ["ALTER ROLE agent PASSWORD 'it''s' VALID", "ALTER ROLE agent PASSWORD [redacted] VALID"],
  ["rolpassword SCRAM-SHA-256$4096:abc==$def:ghi", "rolpassword SCRAM-SHA-256$[redacted]"],
  ["mc --secret-key abc --user ada", "mc --secret-key [redacted] --user ada"],
  [`pushed with ${token}.`, "pushed with [redacted]."],
  [jwt, "[redacted]"],
  [
    "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\nBBBB\n-----END OPENSSH PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----[redacted]-----END OPENSSH PRIVATE KEY-----",
  ],
];
const harmless = [
  "max_tokens=512 completion_tokens: 34",
  "password authentication failed for user ada",
  "http://10.0.0.1:9000/bucket/file.parquet",
  "the task-force-of-disk-usage-analysis began at 12:30:11",
  '{"correlation_id":"0af7651916cd43dd8448eb211c80319c","msg":"asked"}',
  "a monkey: a keyboard",
];

describe("a line", () => {
  it.each(lines)("loses its secret: %s", (line, left) => {
    expect(redact(line)).toBe(left);
    // Twice is once.
    expect(redact(left)).toBe(left);
  });

  it.each(harmless)("without a secret stays as it is: %s", (line) => {
    expect(redact(line)).toBe(line);
  });

  it("costs no more than its length", () => {
    const began = process.cpuUsage();
    for (const part of ["a", "token=", "x://", '\\"', "-----BEGIN ", "eyJaaaaaaaaa."])
      redact(part.repeat(30_000));
    // Of its own processor time: a busy computer is no fault of it.
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(10);
  });
});

describe("between the shipper and the engine", () => {
  let folder = "";
  let engine: Server;
  let filter: ChildProcess;
  let port = 0;
  let got = "";
  let says = 204;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "redact-"));
    writeFileSync(join(folder, "patterns"), perlPatterns());
    engine = createServer((asked, response) => {
      const parts: Buffer[] = [];
      asked.on("data", (part: Buffer) => parts.push(part));
      asked.on("end", () => {
        got = Buffer.concat(parts).toString("latin1");
        response.writeHead(says).end();
      });
    });
    engine.listen(0, "127.0.0.1");
    await once(engine, "listening");
    const at = String((engine.address() as AddressInfo).port);
    const program = join(__dirname, "../scripts/redact.pl");
    filter = spawn("perl", [program, "127.0.0.1", at, join(folder, "patterns"), chainExpression], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (filter.stdout === null) throw new Error("no output");
    const [said] = (await once(createInterface(filter.stdout), "line")) as [string];
    port = Number(said);
  });
  afterAll(() => {
    filter.kill();
    engine.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    got = "";
    says = 204;
  });

  /** Sends a journal in pieces, as curl does. */
  const send = async (journal: Buffer, size: number): Promise<number | undefined> => {
    const asked = request({
      ...{ host: "127.0.0.1", port, method: "POST", path: "/insert/journald/upload" },
      headers: { "Content-Type": "application/vnd.fdo.journal", "Transfer-Encoding": "chunked" },
    });
    for (let from = 0; from < journal.length; from += size) asked.write(journal.subarray(from, from + size));
    asked.end();
    const [answer] = (await once(asked, "response")) as [{ statusCode?: number; resume(): void }];
    answer.resume();
    return answer.statusCode;
  };
  const text = (fields: Readonly<Record<string, string>>) =>
    `${Object.entries(fields)
      .map(([name, value]) => `${name}=${value}\n`)
      .join("")}\n`;
  const binary = (name: string, value: string) => {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(Buffer.byteLength(value)));
    return Buffer.concat([Buffer.from(`${name}\n`), size, Buffer.from(`${value}\n`)]);
  };

  const id = "0af7651916cd43dd8448eb211c80319c";
  it.each([1, 7, 100_000])("no secret passes, in pieces of %d bytes", async (size) => {
    const all = Buffer.concat([
      Buffer.from(
        text({ __CURSOR: "s=a;i=1", _PID: "7", _CMDLINE: "x --token abc", MESSAGE: "token=abc n=1" }),
      ),
      binary("MESSAGE", `two\nlines ${token}`),
      Buffer.from(text({ SECRET: "a b", MESSAGE: `asked correlation_id=${id} now` })),
      Buffer.from(text({ MESSAGE: "agent@agent_gateway mail cid:" + id })),
    ]);
    expect(await send(all, size)).toBe(204);
    const two = "two\nlines [redacted]";
    expect(got).toBe(
      text({
        __CURSOR: "s=a;i=1",
        _PID: "7",
        _CMDLINE: "x --token [redacted]",
        MESSAGE: "token=[redacted] n=1",
      }) +
        binary("MESSAGE", two).toString("latin1") +
        `SECRET=[redacted] b\nMESSAGE=asked correlation_id=${id} now\nCORRELATION_ID=${id}\n\n` +
        `MESSAGE=agent@agent_gateway mail cid:${id}\nCORRELATION_ID=${id}\n\n`,
    );
  });

  it("what is longer than a megabyte is left out, and what follows is not", async () => {
    const long = "x".repeat(3 << 20);
    const all = Buffer.concat([
      Buffer.from(`MESSAGE=${long}\n`),
      binary("OTHER", `${long}\n`),
      Buffer.from("\nMESSAGE=after\n\n"),
    ]);
    expect(await send(all, 60_000)).toBe(204);
    expect(got).toBe("MESSAGE=[too long, left out]\nOTHER=[too long, left out]\n\nMESSAGE=after\n\n");
  });

  it("the engine's no is the shipper's, so that nothing is noted as taken", async () => {
    says = 503;
    expect(await send(Buffer.from(text({ MESSAGE: "x" })), 100)).toBe(503);
  });
});
