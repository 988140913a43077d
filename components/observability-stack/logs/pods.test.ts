import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chainExpression, perlPatterns } from "./redaction";

/** The program itself, with files as containerd writes them and an engine that is played. */
const program = join(__dirname, "../scripts/pods.pl");
const id = "0af7651916cd43dd8448eb211c80319c";
type Row = Readonly<Record<string, string>>;

let folder = "";
let engine: Server;
let port = 0;
let carrier: ChildProcess | undefined;
/** What the engine took, what it was asked, and what it says to a batch: nothing is no answer at all. */
let took: Row[] = [];
let asked: { path: string; type: string; rows: number; state: string }[] = [];
let says: (text: string) => number | undefined = () => 200;
let complaints = "";

const state = () => join(folder, "state");
const noted = () => (existsSync(state()) ? readFileSync(state(), "utf8") : "");
const log = (name = "0.log", pod = "agents_mail-7d9f_0b1c", container = "mail") =>
  join(folder, "pods", pod, container, name);

function listen(): Promise<void> {
  engine = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString("utf8");
      const rows = text.trimEnd().split("\n");
      const status = says(text);
      asked.push({
        ...{ path: request.url ?? "", type: request.headers["content-type"] ?? "" },
        ...{ rows: rows.length, state: noted() },
      });
      if (status === undefined) {
        response.destroy();
        return;
      }
      if (status < 300) took.push(...rows.map((row) => JSON.parse(row) as Row));
      response.writeHead(status).end();
    });
  });
  engine.listen(port, "127.0.0.1");
  return once(engine, "listening").then(() => {
    port = (engine.address() as AddressInfo).port;
  });
}
const leave = () => {
  engine.closeAllConnections();
  engine.close();
};

function start(): void {
  const begun = spawn(
    "perl",
    [
      ...[program, "127.0.0.1", String(port), join(folder, "patterns"), chainExpression],
      ...[join(folder, "pods"), state(), "0.1"],
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  begun.stderr.on("data", (part: Buffer) => (complaints += part.toString()));
  carrier = begun;
}
async function kill(): Promise<void> {
  const one = carrier;
  carrier = undefined;
  if (one?.exitCode !== null) return;
  const over = once(one, "exit");
  one.kill("SIGKILL");
  await over;
}

let second = 0;
/** A line as containerd writes it. */
const line = (text: string, tag = "F", stream = "stdout") =>
  `${new Date(Date.now() - 60_000 + second++).toISOString().replace("Z", "000000Z")} ${stream} ${tag} ${text}\n`;
const write = (path: string, ...lines: string[]) => {
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, lines.join(""));
};
const messages = () => took.map(({ _msg }) => _msg);
const long = 15_000;
const arrives = (lines: number) =>
  expect.poll(() => took.length, { timeout: long, interval: 50 }).toBeGreaterThanOrEqual(lines);
/** Some looks at the files. */
const looks = () => new Promise((resolve) => setTimeout(resolve, 600));
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}`);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "pods-"));
  mkdirSync(join(folder, "pods"));
  writeFileSync(join(folder, "patterns"), perlPatterns());
  [port, took, asked, says, complaints] = [0, [], [], () => 200, ""];
  await listen();
});
afterEach(async () => {
  await kill();
  leave();
  rmSync(folder, { recursive: true, force: true });
});

describe("what a pod says", { timeout: 60_000 }, () => {
  it("arrives with its fields, which are the journal's, and the pod's in addition", async () => {
    write(log(), line('said "a\\b"\tand ü'), line(`asked correlation_id=${id}`, "F", "stderr"), line(""));
    start();
    await arrives(2);
    const who = {
      ...{ _HOSTNAME: hostname(), POD_NAMESPACE: "agents", POD_NAME: "mail-7d9f" },
      ...{ CONTAINER_NAME: "mail", SYSLOG_IDENTIFIER: "mail" },
    };
    expect(took).toEqual([
      {
        ...{ ...who, _msg: 'said "a\\b"\tand ü', PRIORITY: "6", level: "info" },
        _time: expect.stringMatching(/^\d{4}-.*000000Z$/) as string,
      },
      {
        ...{ ...who, _msg: `asked correlation_id=${id}`, PRIORITY: "4", level: "warning" },
        ...{ _time: expect.any(String) as string, CORRELATION_ID: id },
      },
    ]);
    const { path, type } = asked[0] ?? { path: "", type: "" };
    expect(type).toBe("application/stream+json");
    const query = new URLSearchParams(path.replace(/^[^?]*/, ""));
    expect(path).toMatch(/^\/insert\/jsonline\?/);
    expect(Object.fromEntries(query)).toEqual({
      ...{ _time_field: "_time", _msg_field: "_msg" },
      _stream_fields: "_HOSTNAME,POD_NAMESPACE,CONTAINER_NAME",
    });
  });

  it("in parts is one line, and each stream has its own", async () => {
    write(
      log(),
      line("one ", "P"),
      line("else", "F", "stderr"),
      line("line pass", "P"),
      line("word=hunter2 x"),
    );
    start();
    await arrives(2);
    expect(messages()).toEqual(["else", "one line password=[redacted] x"]);
  });

  it("has no secret in it when it leaves the node, and none is noted", async () => {
    write(log(), line("token=abc n=1"), "password=hunter2\n");
    start();
    await arrives(2);
    expect(messages()).toEqual(["token=[redacted] n=1", "password=[redacted]"]);
    await expect.poll(noted, { timeout: long }).not.toBe("");
    expect(noted()).not.toMatch(/abc|hunter2/);
  });

  it("is carried as it is when containerd did not write it, or when it is no text", async () => {
    write(log(), line("before"), "no time at all\n");
    appendFileSync(log(), Buffer.from([...Buffer.from(line("x").trimEnd()), 0xff, 0x01, 0x0a]));
    write(log(), line("after"));
    start();
    await arrives(4);
    expect(messages()).toEqual(["before", "no time at all", "x�\u0001", "after"]);
    expect(took[1]?._time).toBe(took[0]?._time);
  });

  it("is cut when it is longer than the engine takes, and says so", async () => {
    write(log(), line("x".repeat(3 << 20)), line('"'.repeat(190_000)), line("after"));
    start();
    await arrives(3);
    expect(took.every((row) => JSON.stringify(row).length < 256 * 1024)).toBe(true);
    expect(messages().map((text) => /^(.).*?(… .*)?$/.exec(text ?? "")?.slice(1))).toEqual([
      ["x", "… [cut after 200000 bytes]"],
      ['"', "… [cut after 40000 bytes]"],
      ["a", undefined],
    ]);
    // The journal's carriers take 36 MB of the container's 64.
    const most = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${carrier?.pid ?? 0}/status`, "utf8"))?.[1];
    expect(Number(most)).toBeLessThan(28_000);
  });

  it("without an end, a minute later, is carried as it is", async () => {
    write(log(), line("in parts", "P"), line("half", "F", "stderr").trimEnd());
    const past = new Date(Date.now() - 120_000);
    utimesSync(log(), past, past);
    start();
    await arrives(2);
    expect(messages().sort()).toEqual(["half", "in parts"]);
    await looks();
    expect(took).toHaveLength(2);
  });

  it("more than a day before the first start is left where it is, and nothing of later", async () => {
    const old = (text: string) => `2024-02-29T12:00:00.5+01:00 stdout F ${text}\n`;
    write(log("0.log", "a_old_1"), old("past"));
    const past = new Date(Date.now() - 172_800_000);
    utimesSync(log("0.log", "a_old_1"), past, past);
    write(log(), old("past"), old("past"), line("new"));
    start();
    await arrives(1);
    expect(messages()).toEqual(["new"]);
    write(log("0.log", "a_late_1"), old("a clock that was wrong"));
    await arrives(2);
    expect(messages()).toEqual(["new", "a clock that was wrong"]);
  });
});

describe("no line is lost, and none comes twice", { timeout: 60_000 }, () => {
  it("while the engine is away", async () => {
    write(log(), line("before"));
    start();
    await arrives(1);
    leave();
    write(log(), ...numbered(0, 6000).map((text) => line(text)));
    await looks();
    let full = 2;
    says = () => (full-- > 0 ? 429 : 200);
    await listen();
    await arrives(6001);
    expect(messages()).toEqual(["before", ...numbered(0, 6000)]);
    expect(complaints).toBe(
      "the engine does not take the pods' logs (no answer): they wait\nthe engine takes the pods' logs again\n",
    );
    expect(Math.max(...asked.map(({ rows }) => rows))).toBeLessThan(3000);
  });

  it("when it is killed, in the middle of a line in parts too", async () => {
    write(log(), line("one ", "P"), line("else", "F", "stderr"));
    start();
    await arrives(1);
    await expect.poll(noted, { timeout: long }).toMatch(/\t\d+\t[^\t]*\t0\t-\t/);
    await kill();
    // Renamed meanwhile, and the end is in the new one.
    renameSync(log(), log("0.log.20251129-120000"));
    write(log(), line("line"), ...numbered(0, 1000).map((text) => line(text)));
    start();
    await arrives(1002);
    expect(messages()).toEqual(["else", "one line", ...numbered(0, 1000)]);
    await expect.poll(noted, { timeout: long }).toContain(`\t${statSync(log()).size}\t`);
    await kill();
    start();
    await looks();
    expect(took).toHaveLength(1002);
  });

  it("is killed again and again: what comes twice was in a batch whose answer was lost", async () => {
    write(log(), ...numbered(0, 10_000).map((text) => line(text)));
    let unanswered = 0;
    for (let times = 0; times < 4; times++) {
      start();
      const before = asked.length;
      await expect.poll(() => asked.length, { timeout: long, interval: 5 }).toBeGreaterThan(before);
      await kill();
      unanswered++;
    }
    start();
    await arrives(10_000);
    await expect.poll(() => new Set(messages()).size, { timeout: long }).toBe(10_000);
    const most = Math.max(...asked.map(({ rows }) => rows));
    expect(took.length - 10_000).toBeLessThanOrEqual(unanswered * most);
  });

  it("when files are rotated, which are read to their end before the new ones", async () => {
    write(log(), line("1"));
    start();
    await arrives(1);
    leave();
    write(log(), line("2 "), line("and ", "P"));
    renameSync(log(), log("0.log.20251129-120000"));
    write(log("0.log.20251129-120000"), line("so ", "P"));
    write(log(), line("on"), line("4"));
    renameSync(log(), log("0.log.20251129-120001"));
    write(log("0.log.20251129-120000.gz"), "packed");
    write(log(), line("5"));
    write(log("1.log"), line("6"));
    await listen();
    await arrives(6);
    await looks();
    expect(messages()).toEqual(["1", "2 ", "and so on", "4", "5", "6"]);
    expect(noted().trimEnd().split("\n")).toHaveLength(4);
    rmSync(dirname(log()), { recursive: true });
    await expect.poll(noted, { timeout: long }).toBe("");
  });

  it("when one begins anew, be it as long as before", async () => {
    write(log(), line("1"), line("2"));
    start();
    await arrives(2);
    await expect.poll(noted, { timeout: long }).toMatch(/\t\d+\t/);
    truncateSync(log());
    await looks();
    write(log(), line("3"));
    await arrives(3);
    await kill();
    writeFileSync(log(), [4, 5, 6, 7].map((one) => line(String(one))).join(""));
    start();
    await arrives(7);
    expect(messages()).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  });
});

describe("the engine's answer", { timeout: 60_000 }, () => {
  it("is waited for before it is noted how far it came", async () => {
    write(log(), line("said"));
    let answers = 0;
    says = () => [undefined, 500, 403, 200][answers++];
    start();
    await arrives(1);
    expect(asked).toHaveLength(4);
    const length = statSync(log()).size;
    for (const { state: before } of asked) expect(before).toContain("\t0\t");
    await expect.poll(noted, { timeout: long }).toContain(`\t${length}\t`);
  });

  it("that is no, for ever, costs the line that it is about, and is said once", async () => {
    write(log(), ...numbered(0, 100).map((text) => line(text)));
    says = (text) => (/line (31|77)"/.test(text) ? 400 : 200);
    start();
    await arrives(98);
    expect(messages()).toEqual(numbered(0, 100).filter((text) => !/ (31|77)$/.test(text)));
    expect(complaints).toBe("the engine refuses a line of a pod (400): it is left out, and others like it\n");
    write(log(), line("after"));
    await arrives(99);
  });

  it("or that there is nothing to carry, moves the time of the file", async () => {
    start();
    await expect.poll(() => existsSync(state()), { timeout: long }).toBe(true);
    utimesSync(state(), 0, 0);
    await expect.poll(() => statSync(state()).mtimeMs, { timeout: long }).toBeGreaterThan(0);
    leave();
    write(log(), line("waits"));
    await looks();
    utimesSync(state(), 0, 0);
    await looks();
    expect(statSync(state()).mtimeMs).toBe(0);
  });
});
