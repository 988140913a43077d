import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redact } from "./redaction";
import { vectorPrograms } from "./vector";

/** Vector's programs on the language's own crate. `lab/vrl/build` makes it; without it these tests are skipped, and say so. */
const program = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "homelab/vrl/vrl-run");
const id = "0af7651916cd43dd8448eb211c80319c";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vrl-"));
  for (const [file, content] of Object.entries(vectorPrograms())) writeFileSync(join(folder, file), content);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const run = (event: object, ...files: string[]) => runAll([event], ...files)[0] ?? {};

function runAll(events: readonly object[], ...files: string[]): Record<string, unknown>[] {
  const { status, stdout, stderr } = spawnSync(program, [...files, "said.vrl"], {
    ...{ cwd: folder, encoding: "utf8", input: events.map((one) => `${JSON.stringify(one)}\n`).join("") },
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe.skipIf(!existsSync(program))("Vector's programs (skipped unless lab/vrl/build made vrl-run)", () => {
  it.each([
    [
      { CONTAINER_NAME: "mail", _SYSTEMD_UNIT: "x.service", PRIORITY: "3" },
      { unit: "mail", level: "error" },
    ],
    [
      { _SYSTEMD_UNIT: "agent@mail.service", PRIORITY: "4" },
      { unit: "agent@.service", level: "warning" },
    ],
    [
      { _SYSTEMD_UNIT: "session-4.scope", PRIORITY: "x" },
      { unit: "session.scope", level: "info" },
    ],
    [{}, { unit: "kernel", level: "info", source: "journal" }],
  ])("an entry of the journal has few streams: %j", (entry, made) => {
    expect(run({ message: "x", ...entry }, "journal.vrl")).toMatchObject(made);
  });

  it.each([
    `{"level":"warn","correlation_id":"${id}"}`,
    `asked correlation_id=${id} now`,
    `agent@agent_gateway mail cid:${id}: ERROR:  division by zero`,
    `select 1 /*traceparent='00-${id}-b7ad6b7169203331-01'*/`,
  ])("the chain's id is a field: %s", (message) => {
    expect(run({ message }, "journal.vrl")).toMatchObject({ correlation_id: id, message });
  });

  it("a level of a program's own making is none", () => {
    expect(run({ message: '{"level":"warn"}' }, "journal.vrl").level).toBe("warning");
    expect(run({ message: '{"level":"a word of mine"}' }, "journal.vrl").level).toBe("info");
  });

  it("a pod's line is its text, under the container's name", () => {
    const file = "/var/log/pods/agents_mail-7d9f-x2x_0b1c/mail/0.log";
    const message = "2026-11-28T03:55:17.000077000Z stderr F password=hunter2 asked";
    expect(run({ file, message }, "pods.vrl")).toMatchObject({
      ...{ message: "password=[redacted] asked", unit: "agents/mail", pod: "mail-7d9f-x2x", source: "pod" },
      ...{ level: "warning", timestamp: "2026-11-28T03:55:17.000077Z" },
    });
    expect(run({ file: "/else.log", message: "plain" }, "pods.vrl")).toMatchObject({ unit: "unknown" });
  });

  it("secrets go, as on the other way", () => {
    const lines = [
      "password=hunter2 user=ada",
      '{"token": "a b \\" c", "n": 1}',
      '{"log":"{\\"secret\\":\\"abc\\",\\"n\\":1}"}',
      "Authorization: Bearer abcdefgh then more",
      "connect to postgresql://agent:hun/ter2@10.0.0.1/agent_gateway",
      "ALTER ROLE agent PASSWORD 'it''s' VALID",
      "rolpassword SCRAM-SHA-256$4096:abc==$def:ghi",
      "pushed with gh" + "p_0123456789abcdefghijABCDEFGHIJ.",
      "max_tokens=512",
    ];
    const left = runAll(
      lines.map((message) => ({ message })),
      "journal.vrl",
    );
    expect(left.map(({ message }) => message)).toEqual(lines.map(redact));
  });

  it("a program with a mistake would be said", () => {
    writeFileSync(join(folder, "wrong.vrl"), '.x = to_int("a")\n');
    const { status, stderr } = spawnSync(program, ["wrong.vrl"], {
      cwd: folder,
      encoding: "utf8",
      input: "",
    });
    expect(status).toBe(1);
    expect(stderr).toContain("wrong.vrl");
  });
});
