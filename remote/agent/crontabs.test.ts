import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseCrontabs } from "../crontabs";
import { canMount, Machine } from "./testing/machine";

let machine: Machine;
const spool = "/var/spool/cron/crontabs";
const adas = "MAILTO=ada\n1 2 * * * /opt/one\n# a comment\n3 4 * * * /opt/two\n";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const look = () => {
  const { code, stdout, stderr } = machine.script("crontabs", "verb\tlook\nend\n");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return parseCrontabs("storage", stdout);
};
const disable = (...lines: readonly string[]) =>
  machine.script("crontabs", `verb\tdisable\n${lines.map((line) => `line\t${line}\n`).join("")}end\n`);

describe.skipIf(!canMount)("a node's crontabs", () => {
  beforeEach(async () => {
    machine = await Machine.start(2000);
    machine.sh(
      `mount -t tmpfs none /var/spool; mkdir -p ${spool} /etc/cron.d /etc/cron.daily
      printf '${adas.replaceAll("\n", "\\n")}' >${spool}/ada; chmod 600 ${spool}/ada
      printf '5 6 * * * root /opt/three\\n' >/etc/cron.d/house; chmod 640 /etc/cron.d/house
      printf '#!/bin/sh\\n' >/etc/cron.daily/tidy; chmod 755 /etc/cron.daily/tidy
      printf '#!/bin/sh\\n' >/etc/cron.daily/asleep`,
    );
  });
  afterEach(() => {
    machine.stop();
  });

  it("are told whole, with whose they are and what run-parts is shown", () => {
    const { files, scripts, users } = look();
    expect(files).toMatchObject([
      { path: "/etc/cron.d/house", user: "", mode: "640", links: 1, regular: true },
      { path: `${spool}/ada`, user: "ada", mode: "600", text: adas, sha256: sha256(adas) },
    ]);
    expect(scripts).toEqual([
      { path: "/etc/cron.daily/asleep", executable: false, package: "" },
      { path: "/etc/cron.daily/tidy", executable: true, package: "" },
    ]);
    expect(users).toContain("root");
  });

  it("lose no line when one is taken over: it becomes a comment, and mode and owner stay", () => {
    expect(disable(`${spool}/ada\t${sha256(adas)}\t4\tnightly`).code).toBe(0);
    expect(machine.sh(`cat ${spool}/ada; stat -c %a ${spool}/ada; ls -A ${spool}`)).toBe(
      `${adas.replace("3 4", "# homelab runs this as nightly: 3 4")}600\nada`,
    );
  });

  it("stay as they are, all of them, when one was changed since it was read", () => {
    machine.sh(`echo '7 8 * * * /opt/new' >>${spool}/ada`);
    const before = machine.sh(`cat /etc/cron.d/house ${spool}/ada`);
    const { code, stderr } = disable(
      `/etc/cron.d/house\t${sha256("5 6 * * * root /opt/three\n")}\t1\tthree`,
      `${spool}/ada\t${sha256(adas)}\t4\tnightly`,
    );
    expect({ code, stderr: stderr.trim() }).toEqual({
      code: 31,
      stderr: `${spool}/ada is not what it was when it was read: nothing was changed; import it again.`,
    });
    expect(machine.sh(`cat /etc/cron.d/house ${spool}/ada`)).toBe(before);
  });

  it("are not changed by a question that was cut short", () => {
    expect(
      machine.script("crontabs", `verb\tdisable\nline\t${spool}/ada\t${sha256(adas)}\t4\tnightly\n`).code,
    ).toBe(30);
    expect(machine.sh(`cat ${spool}/ada`)).toBe(adas.trimEnd());
  });
});

it("an answer that was cut short is no answer", () => {
  expect(() => parseCrontabs("storage", "cron\tcron\t3.0\nfile\tuser")).toThrow(
    "storage: its answer about crontabs was cut short.",
  );
});
