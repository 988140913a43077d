import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Played } from "./testing";

/** The backup's disk is full, at one step or another: small disks of this test's own, with PostgreSQL's programs played. */
const root = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;
let played: Played;
beforeEach(() => {
  played = new Played({ FULL_EVERY_DAYS: 7, MINIO_DATA: "/nowhere" });
  played.program("systemd-run", "");
  // Sessions answer as psql does; a dump is as large as the database's name says, in kilobytes.
  played.program(
    "podman",
    `F=${played.folder}
case "$*" in
*pg_basebackup*)
  for word; do case $word in /backup/*/data) to=$F/backup/postgres/\${word#/backup/} ;; esac; done
  mkdir -p "$to" && echo 'START WAL LOCATION: 0/0 (file 000000010000000000000005)' >"$to/backup_label" &&
    head -c 400k /dev/zero 2>&1 >"$to/base" && echo '"System-Identifier": 77,' >"$to/backup_manifest" ||
    { echo 'pg_basebackup: error: could not write to file: No space left on device'; exit 1; } ;;
*'bash -c'*) echo '{"table" : "public.t", "rows" : 1, "sum" : 1}' ;;
*pg_dumpall*) echo 'CREATE ROLE x;' ;;
*pg_dump*) [[ "$*" =~ dbname=\\'(kb_([0-9]+)) ]] && { head -c "\${BASH_REMATCH[2]}k" /dev/urandom || { echo 'Error: write /dev/stdout: no space left on device' >&2; exit 255; }; } ;;
*datconnlimit*) printf 'open %s\\n' $(cat "$F/databases") ;;
*max_locks_per_transaction*) echo 9999 ;;
*'from pg_catalog.pg_class'*) echo 1 ;;
*system_identifier*) echo 77 ;;
*pg_is_in_recovery*) echo f ;;
*ON_ERROR_STOP=1*)
  while IFS= read -r line; do case $line in '\\echo homelab-done') echo homelab-done ;; *pg_export_snapshot*) echo 1-1 ;; esac; done ;;
esac`,
  );
  played.file("databases", "kb_10");
  // A full base backup a day, of a quarter of a megabyte, for so many days.
  played.file(
    "history",
    `for i in $(seq "$1" -1 1); do
  at=$(date -d "-$i days" +%s) name=$(date -u -d "-$i days" +%Y%m%dT%H%M%SZ)
  mkdir -p backup/postgres/77/{wal,base/$name/data,dump/$name}
  printf 'began=%s\\norder=%s\\nparent=\\nverified=1\\n' "$at" $((100 - i)) | tee backup/postgres/77/dump/$name/info >backup/postgres/77/base/$name/info
  head -c 250k /dev/zero >backup/postgres/77/base/$name/data/file
  echo 'START WAL LOCATION: 0/0 (file 000000010000000000000005)' >backup/postgres/77/base/$name/data/backup_label
  : >backup/postgres/77/dump/$name/kb_10.dump
done
echo 77 >backup/postgres/cluster; : >backup/postgres/77/wal/000000010000000000000005`,
  );
});
afterEach(() => {
  played.remove();
});

/** Runs it where the backup's directory is a disk of that size, in the folder above it. */
const onDisk = (size: string, command: string) =>
  played.bash(
    `cd ${played.folder} && exec unshare -m bash -c "$1" 2>&1`,
    `mount -t tmpfs -o size=${size} disk backup && mkdir backup/postgres
fill() { head -c 1G /dev/zero >backup/fill 2>/dev/null; df --output=avail backup | tail -n 1; }
bases() { ls backup/postgres/77/base | wc -l; }
${command}`,
  );

describe.skipIf(!root)("a backup's disk without a byte left", () => {
  it("is looked at by the watch, which takes away what may go", () => {
    const { said } = onDisk(
      "12m",
      `bash history 20; fill; bash scripts/postgres-watch.sh; echo "full $? $(bases)"`,
    );
    expect(said).toMatch(/^\s*0\n[^]*full 0 15\n/);
    expect(played.read("metrics/homelab_job_watch.prom")).toContain('success{job_kind="watch"} 1\n');
  });

  it("gets the next base backup and dumps all the same, for what may go goes first", () => {
    const { said } = onDisk(
      "12m",
      `bash history 20; fill; bash scripts/postgres-backup.sh; echo "full $? $(bases)"; ls backup/postgres/77/*/*/kb_10.dump | wc -l`,
    );
    expect(said).toMatch(/^\s*0\n[^]*There may be no room: 0 MB are free[^]*full 0 15\n/);
  });

  it("keeps nothing that was made, and says in one sentence what to do, when nothing may go", () => {
    const { said } = onDisk(
      "4m",
      `bash history 3; fill; bash scripts/postgres-backup.sh; echo "full $? $(bases)"
ls backup/postgres/77/*/ | grep -c part; rm backup/fill; bash scripts/postgres-backup.sh; echo "again $? $(bases)"`,
    );
    expect(said).toMatch(
      /The disk of \S+backup is full: 0 MB are left\. What may go has gone; make it larger/,
    );
    expect(said).toMatch(/full 1 3\n0\n[^]*again 0 4\n/);
    expect(said).not.toContain("The base backup holds");
  });

  it("costs the one database that does not fit its dump, and not the others nor the base backup", () => {
    played.file("databases", "kb_10 kb_3000 kb_20");
    const { said } = onDisk(
      "4m",
      `bash history 3; head -c 1m /dev/zero >backup/fill; bash scripts/postgres-backup.sh; echo "made $? $(bases)"
ls backup/postgres/77/*/ | grep -c part; ls $(ls -d backup/postgres/77/dump/* | tail -n 1)`,
    );
    expect(said).toMatch(/ERROR: kb_3000 could not be dumped: the disk of \S+ is full\. The base backup/);
    expect(said).toMatch(/made 1 4\n0\nfacts\nglobals.sql\ninfo\nkb_10.dump\nkb_20.dump\nsums\n/);
    expect(played.read("metrics/homelab_backup_databases.prom")).toMatch(
      /name="kb_10"\} 0\n[^]*name="kb_3000"\} 1\n[^]*name="kb_20"\} 0\n/,
    );
  });

  it("is freed of what killed jobs had half made, and of nothing that one works with", () => {
    const { said } = onDisk(
      "12m",
      `bash history 3; mkdir -p backup/.drill backup/.aside backup/postgres/77/{base,dump}/now.part backup/.notes/locks
(source scripts/lib.sh; claim dump; bash scripts/postgres-watch.sh; ls -A backup backup/postgres/77/*)`,
    );
    expect(said).toMatch(/\.drill is left of a postgres-drill that was cut short: it goes/);
    expect(said).toMatch(/^\.aside$/m);
    expect(said).not.toMatch(/^(\.drill|.*\.part)$/m);
  });

  it("does not lose the note of which disk it was, and a job ends as it went though that cannot be noted", () => {
    const { said } = onDisk(
      "1m",
      `(source scripts/lib.sh); fill >/dev/null
source scripts/lib.sh; (job try true); echo "went $?"; cat disk`,
    );
    expect(said).toMatch(
      /WARNING: that this went well could not be noted[^]*went 0\n\S+backup on \S+backup\n/,
    );
    expect(played.read("metrics/homelab_job_try.prom")).toContain('success{job_kind="try"} 1\n');
    const last = /last_success_timestamp_seconds\{job_kind="try"\} (\d+)/.exec(
      played.read("metrics/homelab_job_try.prom"),
    )?.[1];
    expect(Number(last)).toBeGreaterThan(1_700_000_000);
  });

  it("is not filled by a drill, which would keep WAL from arriving", () => {
    const { said } = onDisk(
      "20m",
      `bash history 3; for each in backup/postgres/77/base/*; do (cd $each && echo '"System-Identifier": 77,' >data/backup_manifest && sha256sum info data/backup_manifest >sums); done
for each in backup/postgres/77/dump/*; do (cd $each && sha256sum info kb_10.dump >sums); done
bash scripts/postgres-drill.sh; echo "drilled $?"; ls -A backup`,
    );
    expect(said).toMatch(
      /The base \S+ was not restored: that needs about 512 MB on the disk of \S+, which has/,
    );
    expect(said).toMatch(/The dump \S+ was not restored: that needs/);
    expect(said).toMatch(/drilled 1\n/);
    expect(said).not.toMatch(/^\.drill$/m);
  });

  it("goes on with K3s' state where older copies of it may go, and keeps no half of a copy where none may", () => {
    played.bash(
      `cd ${played.folder} && mkdir -p k3s/server/tls && echo AUTHORITY >k3s/server/tls/server-ca.crt && head -c 2m /dev/urandom >k3s/server/state.db && echo t >k3s/homelab-agent-token
printf '%s\\n' CLUSTER_DATA=${played.folder}/k3s CLUSTER_SERVICE=k3s.service >>config; sed -i s/^KEEP_DAYS=.*/KEEP_DAYS=2/ config
sed -i 's#^password=.*#password=${played.folder}/none#' scripts/cluster.sh`,
    );
    const { said } = onDisk(
      "8m",
      `id=$(sha256sum <k3s/server/tls/server-ca.crt | cut -c 1-16)
for i in 1 2 3 4 5 6 7; do mkdir -p backup/cluster/$id/00000$i-2026010\${i}T000000Z; echo began=1 >backup/cluster/$id/00000$i-2026010\${i}T000000Z/info; head -c 900k /dev/urandom >backup/cluster/$id/00000$i-2026010\${i}T000000Z/state.tar.gz; done
bash scripts/cluster.sh; echo "made $?"; ls backup/cluster/$id
fill; bash scripts/cluster.sh; echo "full $?"; ls backup/cluster/$id | tail -n 1`,
    );
    expect(said).toMatch(/made 0\n000006\S+\n000007\S+\n000008\S+\n/);
    expect(said).toMatch(/The disk of \S+ is full[^]*full [12]\n000008-\d+T\d+Z\n/);
  });
});
