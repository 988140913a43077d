import { describe, expect, it } from "vitest";
import { driftSentences, parseObserved } from "./observed";
import { applyLines, contentHash, hashesOf, unitSchema } from "./spec";

const connection = { node: "storage", host: "10.0.0.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" };
const raw = {
  connection,
  service: "postgres.service",
  files: [
    { path: "/etc/containers/systemd/postgres.container", content: "[Container]\n" },
    { path: "/etc/postgresql/pg_hba.conf", content: "local all\n", onChange: "reload" as const },
    { path: "/etc/homelab/init.sh", content: "true\n", onChange: "nothing" as const },
  ],
  restartOn: { image: "a" },
  health: { exec: ["podman", "exec", "a b"] },
};
const unit = unitSchema.parse(raw);

const withFile = (index: number, content: string) =>
  unitSchema.parse({
    ...raw,
    files: raw.files.map((file, at) => (at === index ? { ...file, content } : file)),
  });

describe("a unit's hashes", () => {
  it("ask for a restart when a file that is read at the start or anything in restartOn changed", () => {
    expect(hashesOf(withFile(0, "x")).run).not.toBe(hashesOf(unit).run);
    expect(hashesOf(unitSchema.parse({ ...raw, restartOn: { image: "b" } })).run).not.toBe(
      hashesOf(unit).run,
    );
  });

  it("ask for a reload alone when a reloadable file changed", () => {
    expect(hashesOf(withFile(1, "x")).run).toBe(hashesOf(unit).run);
    expect(hashesOf(withFile(1, "x")).reload).not.toBe(hashesOf(unit).reload);
  });

  it("ask for nothing when a file changed that only a first start reads, or when only the order did", () => {
    expect(hashesOf(withFile(2, "x"))).toEqual(hashesOf(unit));
    expect(hashesOf(unitSchema.parse({ ...raw, files: raw.files.toReversed() }))).toEqual(hashesOf(unit));
  });
});

describe("a unit's description for the node", () => {
  it("is one line a thing and ends with `end`, contents and words encoded", () => {
    const lines = applyLines(unit, ["/etc/systemd/system/postgres.service.d/x.conf"]).split("\n");
    expect(lines[0]).toBe("service\tpostgres.service");
    expect(lines).toContain(`health\t${Buffer.from("a b").toString("base64")}`);
    expect(lines).toContain("set-aside\t/etc/systemd/system/postgres.service.d/x.conf");
    expect(lines.slice(-2)).toEqual(["end", ""]);
    expect(lines.join("\n")).not.toContain("[Container]");
  });

  it.each([
    ["a path that climbs", { files: [{ path: "/etc/../x", content: "" }] }],
    ["a path with a tab", { files: [{ path: "/etc/a\tb", content: "" }] }],
    ["a path named twice", { files: [raw.files[0], raw.files[0]] }],
    ["a service with a space", { service: "a b.service" }],
    ["two ways to be healthy", { health: { exec: ["true"], tcp: "127.0.0.1:1" } }],
    ["no way to be healthy", { health: {} }],
    ["an unknown key", { restart: true }],
  ])("is refused with %s", (_what, change) => {
    expect(unitSchema.safeParse({ ...raw, ...change }).success).toBe(false);
  });
});

describe("drift", () => {
  const { run, reload } = hashesOf(unit);
  const there = [
    `applied\t${run} ${reload}`,
    "systemd\tActiveState\tactive",
    "systemd\tDropInPaths\t/usr/lib/systemd/system/service.d/10-timeout.conf",
    ...unit.files.map((file) => `file\t${file.path}\t${contentHash(file.content)}\t0644\t0:0\troot:root`),
  ].join("\n");
  const cases: [string, (facts: string) => string, string[]][] = [
    ["nothing when all is as declared", (facts) => facts, []],
    [
      "a changed content",
      (facts) => facts.replace(contentHash("local all\n"), contentHash("local all all trust\n")),
      ["/etc/postgresql/pg_hba.conf on storage was changed by hand."],
    ],
    [
      "another owner",
      (facts) => facts.replace("0:0\troot:root", "1:1\tada:ada"),
      [
        "/etc/containers/systemd/postgres.container on storage has mode 0644 and owner 1:1 = ada:ada; declared are 0644 and root:root.",
      ],
    ],
    [
      "an earlier run that was stopped",
      (facts) => facts.replace(/^applied.*\n/, ""),
      ["postgres.service on storage was not brought up to the end: an earlier run was stopped or failed."],
    ],
    [
      "a quadlet's drop-in",
      (facts) => `${facts}\ndrop-in\t/etc/containers/systemd/postgres.container.d/x.conf`,
      [
        "/etc/containers/systemd/postgres.container.d/x.conf on storage was added by hand and changes postgres.service; it will be set aside.",
      ],
    ],
    [
      "a service that failed",
      (facts) => facts.replace("ActiveState\tactive", "ActiveState\tfailed"),
      ["postgres.service on storage is failed, not active."],
    ],
    [
      "a run with earlier settings",
      (facts) => facts.replace(run, "0".repeat(64)),
      ["postgres.service on storage still runs with earlier settings."],
    ],
  ];
  it.each(cases)("is %s", (_what, change, expected) => {
    expect(driftSentences(unit, parseObserved(change(there)))).toEqual(expected);
  });
});
