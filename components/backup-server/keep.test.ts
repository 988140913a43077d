import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const day = 86_400;
/** Shortly before clocks go forward in Europe; the history crosses it. */
const began = Date.UTC(2027, 2, 20, 2, 30) / 1000;
const days = 22;
/** When the last of the daily backups has been made. */
const usual = began + (days - 1) * day + 600;
const nameOf = (moment: number) => new Date(moment * 1000).toISOString().replace(/[-:]|\.000/g, "");
const segment = (number: number) =>
  `0000000100000000000000${number.toString(16).toUpperCase().padStart(2, "0")}`;

let folder: string;
let history: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-keep-"));
  history = join(folder, "postgres/77");
  mkdirSync(join(history, "wal"), { recursive: true });
  writeFileSync(
    join(folder, "config"),
    `BACKUP_DIRECTORY=${folder}\nMETRICS_DIRECTORY=${folder}/metrics\nKEEP_DAYS=14\nFULL_EVERY_DAYS=7\nPOSTGRES_IMAGE=x\n`,
  );
  for (let i = 0; i < days; i += 1) backup(began + i * day, i);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** As postgres-backup.sh leaves it; a full one each week. */
function backup(moment: number, order: number, more = ""): string {
  const name = nameOf(moment);
  const parent = order % 7 === 0 ? "" : nameOf(moment - day);
  for (const form of ["base", "dump"]) {
    mkdirSync(join(history, form, name, "data"), { recursive: true });
    const info = `began=${moment}\norder=${order + 1}\nparent=${form === "base" ? parent : ""}\n${more}`;
    writeFileSync(join(history, form, name, "info"), info);
  }
  writeFileSync(join(history, "dump", name, "shop.dump"), "");
  writeFileSync(
    join(history, "base", name, "data/backup_label"),
    `START WAL LOCATION: 0/0 (file ${segment(order + 1)})\n`,
  );
  writeFileSync(join(history, "wal", segment(order + 1)), "");
  return name;
}

/** Runs something of postgres-backup.sh at a moment, with the programs of PostgreSQL played. */
function at(now: number, script: string, env: NodeJS.ProcessEnv = {}) {
  const scripts = join(__dirname, "scripts");
  const played = `
source <(sed '/^job postgres run/d; s#^here=.*#here=${scripts}#' "${scripts}/postgres-backup.sh")
HISTORY=${history} ID=77
date() { if [ "$*" = +%s ]; then echo ${now}; else command date "$@"; fi; }
synchronized() { true; }
databases_there() { echo 'open shop'; }
in_image() { while [ "$1" != -- ]; do shift; done; for f in "$HISTORY/\${3##*/}"/0*; do [[ ! \${f##*/} < $4 ]] || rm "$f"; done; }
${script}`;
  return spawnSync("bash", ["-c", played], {
    encoding: "utf8",
    env: { ...process.env, ...env, HOMELAB_BACKUP_CONFIG: join(folder, "config") },
  });
}
const kept = () => ({
  bases: readdirSync(join(history, "base")).length,
  dumps: readdirSync(join(history, "dump")).length,
  segments: readdirSync(join(history, "wal")).filter((name) => name.startsWith("0")).length,
});
const all = { bases: days, dumps: days, segments: days };
/** A full one is on the day of the seventh, fourteen days ago: what it does not need goes. */
const usually = { bases: days - 7, dumps: days - 8, segments: days - 7 };

describe("retention", () => {
  it("takes away what no moment of the last days needs", () => {
    const { status, stderr } = at(usual, "keep");
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(kept()).toEqual(usually);
  });

  it.each([
    ["of 1970", 0],
    ["of 2018", Date.UTC(2018, 0, 1) / 1000],
    ["an hour before the last backup", usual - day / 24 - 600],
  ])("takes nothing away by a clock %s, and says why", (_what, now) => {
    const { status, stderr } = at(now, "keep");
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toMatch(/WARNING: The clock says .*nothing old is taken away/);
    expect(kept()).toEqual(all);
  });

  it("takes no more away by a clock that is a year ahead than it would have anyhow", () => {
    at(usual + 365 * day, "keep");
    expect(kept()).toEqual(usually);
  });

  it("takes none of the history away for the first backup of a year ahead", () => {
    backup(usual + 365 * day, days);
    at(usual + 365 * day + 600, "keep");
    expect(kept()).toEqual({ bases: days - 7 + 1, dumps: days - 9 + 1, segments: days - 7 + 1 });
  });

  it("takes nothing away by a clock that nothing keeps right", () => {
    const { stderr } = at(usual, "synchronized() { false; }\nkeep");
    expect(stderr).toMatch(/not synchronized/);
    expect(kept()).toEqual(all);
  });

  it.each(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland"])(
    "is the same in the week in which the clocks go forward, in %s",
    (TZ) => {
      at(usual, "keep", { TZ });
      expect(kept()).toEqual(usually);
    },
  );

  it("takes nothing away while somebody reads the history", () => {
    const { stderr } = at(usual, `(lock history shared; KEEP_PATIENCE=0; unset "lock_fds[history]"; keep)`);
    expect(stderr).toMatch(/Nothing old was taken away: it is being read/);
    expect(kept()).toEqual(all);
  });

  it("keeps the last dump of a database that none is made of any more", () => {
    const oldest = nameOf(began);
    writeFileSync(join(history, "dump", oldest, "lost.dump"), "");
    at(usual, "databases_there() { echo 'open shop'; echo 'open lost'; }\nkeep");
    expect(existsSync(join(history, "dump", oldest))).toBe(true);
    expect(kept().dumps).toBe(usually.dumps + 1);
  });
});

describe("a backup made by a clock that was put back", () => {
  it("is the newest all the same, and the next is a full one", () => {
    const name = backup(Date.UTC(2018, 0, 1) / 1000, days, "verified=1\n");
    expect(at(usual, "backups base | tail -n 1").stdout.trim()).toBe(name);
    expect(at(Date.UTC(2018, 0, 2) / 1000, "parent").stdout).toBe("");
  });
  it("does not take the name of another", () => {
    const { stdout } = at(
      began,
      `ticks=0; sleep() { ticks=$((ticks + 1)); }
date() { if [ "$*" = +%s ]; then echo $((${began} + ticks)); else command date "$@"; fi; }
unnamed; echo "$name"`,
    );
    expect(stdout.trim()).toBe(nameOf(began + 1));
  });
});

it("nothing is built on a base backup that was never seen to be whole", () => {
  const last = nameOf(began + (days - 1) * day);
  const sums =
    '(cd "$HISTORY/base" && for each in *; do (cd $each && sha256sum info >sums); done); wal_whole() { true; }';
  expect(at(usual, `${sums}\nparent`).stdout).toBe("");
  expect(
    at(
      usual,
      `for each in "$HISTORY"/base/*; do echo verified=1 >>"$each/info"; done; ${sums}\nparent`,
    ).stdout.trim(),
  ).toBe(last);
});
