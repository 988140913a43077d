import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Played } from "./testing";

/** What a restore of PostgreSQL looks at before it touches anything, with played servers. */
const segment = "000000010000000000000005";
let played: Played;

/** A base backup with its dump, as postgres-backup.sh leaves them. */
function base(name: string, daysAgo: number): void {
  const path = `backup/postgres/77/base/${name}`;
  played.file(`${path}/data/backup_label`, `START WAL LOCATION: 0/0 (file ${segment})\n`);
  played.file(`${path}/data/backup_manifest`, '"System-Identifier": 77,\n');
  played.file(`${path}/info`, "began=1\nparent=\n");
  played.bash(
    `cd ${played.folder}/${path} && sha256sum info data/backup_manifest >sums && touch -d '-${daysAgo} days' info`,
  );
}
const restore = (...words: string[]) => played.run("restore.sh", "postgres", ...words);
const running = () => played.read("postgres/18/docker/which");
const former = () =>
  readdirSync(join(played.folder, "postgres/18")).filter((name) => name.includes(".before-"));
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

beforeEach(() => {
  played = new Played({ POSTGRES_CLIENTS: "prefect.service" });
  const F = played.folder;
  played.file("postgres/18/docker/which", "live");
  played.file("backup/postgres/cluster", "77\n");
  played.file(`backup/postgres/77/wal/${segment}`, "");
  base("20261101T000000Z", 20);
  base("20261110T000000Z", 10);
  played.file("scripts/postgres-backup.sh", `echo made >>${F}/backed-up`);
  played.bash(`chmod +x ${F}/scripts/*`);
  played.program(
    "podman",
    `case "$*" in
*peer.sh*) cat ${F}/peer 2>/dev/null ;;
*pg_combinebackup*)
  for word; do case $word in *:/restored) mkdir -p "\${word%:/restored}/18/docker" && echo "$*" >"\${word%:/restored}/18/docker/which" ;; esac; done ;;
*'run --detach'*) [ ! -e ${F}/refuses ] || exit 1; : >${F}/up ;;
*'not pg_is_in_recovery()'*) echo t ;;
*system_identifier*) echo 77 ;;
*pg_size_pretty*) echo "it answers, and holds 9 MB in 2 databases" ;;
*facts*|*datname*) ;;
*pg_dump*) echo dumped ;;
inspect*) echo true ;;
esac
exit 0`,
  );
  // The configuration of a pair is where the unit puts it; here it is in this folder.
  played.bash(`sed -i 's|^pair=.*|pair=${F}/conf/pair.env|' ${F}/scripts/restore-lib.sh`);
});
afterEach(() => {
  played.bash(`mountpoint -q ${played.folder}/postgres && umount ${played.folder}/postgres`);
  played.remove();
});

describe("a restore in the place of what runs", () => {
  it("first shows what is replaced by what, and changes nothing until that is agreed to", () => {
    const { code, said } = restore("latest");
    expect({ code, said }).toMatchObject({ code: 4 });
    expect(said).toMatch(
      /To be replaced: the cluster in .*18\/docker; it answers[^]*By: the history 77 as it was at the last byte/,
    );
    expect(said).toContain("--base NAME): 20261110T000000Z 20261101T000000Z.");
    expect([running(), played.calls()]).toEqual(["live", []]);
    expect(restore("latest", "--yes")).toMatchObject({ code: 0 });
    expect(running()).toContain("20261110T000000Z");
    expect(former()).toHaveLength(1);
    expect(played.read(`postgres/18/${former()[0] ?? ""}/which`)).toBe("live");
    expect(played.read("backed-up")).toBe("made\n");
    expect(
      readdirSync(join(played.folder, "backup/postgres")).filter((name) => name.startsWith("77")),
    ).toEqual([expect.stringMatching(/^77\.before-/)]);
  });

  it.each<[what: string, text: string]>([
    ["no zone", "2026-11-01 14:30:00"],
    ["a zone by a name that several places have", "2026-11-01 14:30:00 CST"],
    ["words", "yesterday"],
    ["no such day", "2026-02-31 14:30:00+00"],
    ["a moment to come", "2099-01-01 00:00:00+00"],
    ["another option of the server", "2026-11-01 14:30:00+00' -c a=b"],
  ])("refuses a moment with %s", (_what, text) => {
    const { code, said } = restore(text, "--yes");
    expect({ code, said }).toMatchObject({ code: 1 });
    expect(said).toMatch(/is no moment|has not come yet/);
    expect([running(), played.calls()]).toEqual(["live", []]);
  });

  it("means the same moment by a text on the node and in the container, whatever zone it is written in", () => {
    const at = new Date(Date.now() - 5 * 86_400_000);
    const utc = at.toISOString().slice(0, 19).replace("T", " ");
    const plus = new Date(at.getTime() + 5.5 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
    for (const text of [`${utc}+00`, `${utc}Z`, `${plus}+05:30`, `${plus}+0530`]) {
      expect(restore(text).said).toContain(`as it was at ${utc}.000000+00, which is `);
    }
  });

  it.each<[what: string, peer: string | undefined, files: string[], words: string[], says: RegExp]>([
    ["while this server is fenced", "standby 77 1", ["postgres/pair/fenced"], [], /is fenced/],
    [
      "while this server is a standby",
      "standby 77 1",
      ["postgres/18/docker/standby.signal"],
      [],
      /is a standby/,
    ],
    ["while the other one is primary", "primary 77 2", [], [], /desktop's PostgreSQL is primary/],
    [
      "while the other one is primary, although it is said to be gone",
      "primary 77 2",
      [],
      ["--peer-is-gone"],
      /desktop's PostgreSQL is primary/,
    ],
    ["while the other one cannot be asked", undefined, [], [], /does not answer, so nobody knows/],
  ])("is refused %s, and says what to do", (_what, peer, files, words, says) => {
    played.file("conf/pair.env", "PEER=desktop\n");
    if (peer !== undefined) played.file("peer", `${peer}\n`);
    for (const file of files) played.file(file, "promoted\n");
    const { code, said } = restore("latest", "--yes", ...words);
    expect({ code, said }).toMatchObject({ code: 1 });
    expect(said).toMatch(says);
    expect(said).toMatch(/promote|--peer-is-gone/);
    expect([running(), played.calls()]).toEqual(["live", []]);
  });

  it("goes on beside a standby, and without one that is said to be gone", () => {
    played.file("conf/pair.env", "PEER=desktop\n");
    played.file("peer", "standby 77 1\n");
    expect(restore("latest", "--yes").said).toContain("homelab rejoin desktop");
    played.bash(
      `sleep 1; rm ${played.folder}/peer; mv ${played.backup}/postgres/77.before-* ${played.backup}/postgres/77`,
    );
    expect(restore("latest", "--yes", "--peer-is-gone")).toMatchObject({ code: 0 });
  });

  it("takes the older base backup when the newest is damaged, and says so; or the one that is chosen", () => {
    played.file(
      "backup/postgres/77/base/20261110T000000Z/data/backup_manifest",
      '"System-Identifier": 77,  \n',
    );
    const { code, said } = restore("latest", "--yes");
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said).toMatch(
      /WARNING: damaged, .*20261110T000000Z\. The older base backup 20261101T000000Z is whole/,
    );
    expect(running()).toContain("20261101T000000Z");
  });

  describe("with a byte flipped in a segment of WAL", () => {
    // Segments of ten, eight, six and four days ago; the third is not what it was.
    beforeEach(() => {
      played.bash(
        `cd ${played.backup}/postgres/77/wal && for n in 5 6 7 8; do f=00000001000000000000000$n; echo $n >$f; sha256sum $f >>sums; done; echo x >000000010000000000000007
for n in 5 6 7 8; do touch -d "-$((20 - 2 * n)) days" 00000001000000000000000$n; done`,
      );
    });

    it("says which, and until when and from when on moments can be restored", () => {
      const { code, said } = restore("latest", "--yes");
      expect({ code, said }).toMatchObject({ code: 1 });
      expect(said).toMatch(
        /WAL in \S+ is not what it was when it was written: 000000010000000000000007\. What was written before that can be restored, to any moment until about /,
      );
      const day = daysAgo(8).slice(0, 10);
      expect(said).toMatch(
        new RegExp(`until about ${day} .*from the next base backup on.*copy off this machine`),
      );
      expect([running(), played.calls()]).toEqual(["live", []]);
      expect(restore(daysAgo(3), "--yes")).toMatchObject({ code: 1 });
    });

    it("restores a moment before it", () => {
      expect(restore(daysAgo(9), "--yes")).toMatchObject({ code: 0 });
      expect(running()).toContain("20261110T000000Z");
    });
  });

  it("takes the base backup that is chosen, and says what there is when there is no such", () => {
    expect(restore("latest", "--yes", "--base", "20261101T000000Z")).toMatchObject({ code: 0 });
    expect(running()).toContain("20261101T000000Z");
    played.bash(`mv ${played.backup}/postgres/77.before-* ${played.backup}/postgres/77`);
    expect(restore("latest", "--yes", "--base", "x").said).toContain(
      "there are: 20261101T000000Z 20261110T000000Z",
    );
    expect(restore(daysAgo(15)).said).toContain("from the base backup 20261101T000000Z");
    expect(restore(daysAgo(25)).said).toContain("There is no base backup from before");
  });

  it("starts again what keeps its books in it: what that remembers is of the former one", () => {
    expect(restore("latest", "--yes")).toMatchObject({ code: 0 });
    const begun = "systemctl start postgres.service homelab-backup-wal.service";
    const after = (calls: readonly string[]) => calls.slice(calls.indexOf(begun) + 1);
    expect(after(played.calls())).toContain("systemctl try-restart prefect.service");
  });

  it("starts again what it stopped, with what was there, when it fails", () => {
    played.file("refuses", "");
    expect(restore("latest", "--yes").code).not.toBe(0);
    expect(running()).toBe("live");
    expect(played.calls().at(-1)).toBe("systemctl start postgres.service homelab-backup-wal.service");
  });

  it("brings back what was there when it was cut short between two renames, and never starts an empty server", () => {
    played.bash(`cd ${played.folder}/postgres/18 && mv docker docker.leaving`);
    expect(restore("latest")).toMatchObject({ code: 4 });
    expect(running()).toBe("live");
  });
});

const root = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;
describe.skipIf(!root)("a data directory that is a disk of its own", () => {
  const mounted = (size: string, command: string) =>
    played.bash(
      `unshare -m bash -c 'mount -t tmpfs -o size=${size} disk ${played.folder}/postgres && mkdir -p ${played.folder}/postgres/18/docker && echo live >${played.folder}/postgres/18/docker/which && ${command}'`,
    );

  it("is where what is restored and what was there both lie afterwards", () => {
    const { code, said } = mounted(
      "200m",
      `bash ${played.scripts}/restore.sh postgres latest --yes 2>&1 && cat ${played.folder}/postgres/18/docker.before-*/which && stat -c %m ${played.folder}/postgres/18/docker`,
    );
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said.trim().split("\n").slice(-2)).toEqual(["live", join(played.folder, "postgres")]);
  });

  it("must have room for both, which is asked of that very disk", () => {
    const { code, said } = mounted("10m", `bash ${played.scripts}/restore.sh postgres latest --yes 2>&1`);
    expect({ code, said }).toMatchObject({ code: 1 });
    expect(said).toMatch(/has \d MB free, and the restored cluster needs about 64 MB/);
    expect(existsSync(join(played.folder, "calls"))).toBe(false);
  });

  it("is left alone when the cluster's own folder is the mount point, with a sentence", () => {
    const { code, said } = mounted(
      "200m",
      `mount --bind ${played.folder}/postgres/18/docker ${played.folder}/postgres/18/docker && bash ${played.scripts}/restore.sh postgres latest --yes 2>&1`,
    );
    expect({ code, said }).toMatchObject({ code: 1 });
    expect(said).toContain("is a mount point itself");
  });
});
