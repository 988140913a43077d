import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backups } from "./alerts";
import { Played } from "./testing";

/** A backup's disk that is missing, or full, with small disks of this test's own. */
let played: Played;
beforeEach(() => {
  played = new Played();
});
afterEach(() => {
  played.remove();
});

const root = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;
describe.skipIf(!root)("a backup's directory that was on a disk of its own", () => {
  it("is not written to while that disk is missing, and is again when it is back", () => {
    const F = played.folder;
    const job = `bash -c "source ${F}/scripts/lib.sh; true"`;
    const { said } = played.bash(
      `unshare -m bash -c 'mount -t tmpfs -o size=1m disk ${F}/backup && ${job}; echo first $?
umount ${F}/backup; rm -rf ${F}/backup/.notes; ${job}; echo missing $?; find ${F}/backup -mindepth 1
mount -t tmpfs -o size=1m disk ${F}/backup && ${job}; echo back $?' 2>&1`,
    );
    expect(said).toMatch(
      /^first 0\n.* is on the disk that is mounted at .*, which is not mounted now: nothing was written.*\nmissing 1\n(.*postgres\n)?back 0\n$/,
    );
  });

  it("gives up the room that was held for it when it is full, so that there is some to take away with", () => {
    const F = played.folder;
    // restic, as far as it matters here: without room for its lock it can do nothing.
    played.program(
      "podman",
      `case "$*" in
*snapshots*) echo '[]' ;;
*prune*) head -c 1000000 /dev/zero >${F}/backup/lock && rm ${F}/backup/lock ${F}/backup/repository/compute/old && echo pruned >>${F}/calls ;;
esac`,
    );
    const { said } = played.bash(
      `unshare -m bash -c 'mount -t tmpfs -o size=400m disk ${F}/backup && mkdir -p ${F}/backup/repository/compute/{snapshots,index,locks} ${F}/backup/repository.seen && : >${F}/backup/repository/compute/config
bash ${F}/scripts/keep.sh; echo "made $? $(stat -c %s ${F}/backup/.reserve)"
: >${F}/backup/repository.seen/.prune-compute; head -c 500m /dev/zero >${F}/backup/repository/compute/old; df --output=avail ${F}/backup | tail -n 1
bash ${F}/scripts/keep.sh; echo "again $?"; ls ${F}/backup/repository/compute' 2>&1`,
    );
    expect(said).toContain(`made 0 ${64 << 20}`);
    expect(said).toMatch(/^\s*0$/m);
    expect(said).toContain("again 0");
    expect(said.split("again 0")[1]).not.toContain("old");
  });
});

describe("the alert for a backup that is overdue", () => {
  const { rules } = backups;
  /** Whether `time() - homelab_job_last_success_timestamp_seconds{job_kind…} > A * B` holds for what a job has written. */
  const fires = (alert: string, metrics: string, kind: string, now: number): boolean => {
    const expr = rules.find((rule) => rule.alert === alert)?.expr ?? "";
    const [, how, kinds = "", hours] =
      /job_kind(=~|=)"([^"]*)"\}(?:\[8d\]\))? > (\d+) \* 3600$/.exec(expr) ?? [];
    const last = new RegExp(
      `^homelab_job_last_success_timestamp_seconds\\{job_kind="${kind}"\\} (\\d+)$`,
      "m",
    ).exec(metrics)?.[1];
    expect([how, hours, last]).not.toContain(undefined);
    return new RegExp(`^(${kinds})$`).test(kind) && now - Number(last) > Number(hours) * 3600;
  };

  it.each([
    ["off-node", "BackupOverdue", 36],
    ["off-node-wal", "BackupCopyBehind", 2],
  ])("fires for %s when a lock that stays keeps it from going well", (kind, alert, hours) => {
    const now = Math.floor(Date.now() / 1000);
    played.file("backup/postgres/cluster", "77\n");
    played.file("backup/postgres/77/wal/segment", "x");
    played.file("backup/.notes/off-node.cluster", "77\n");
    played.file(`backup/.notes/${kind}.success`, `${now - hours * 3600 + 100} 1 1\n`);
    // Every command that wants a lock ends as restic does when there is another's, in front of which no unlock helps.
    played.program(
      "podman",
      `case "$*" in *--no-lock*) exit 0 ;; *unlock*) exit 0 ;; *) echo "unable to create lock" >&2; exit 11 ;; esac`,
    );
    const { code, said } = played.run("off-node.sh", ...(kind === "off-node-wal" ? ["wal"] : []));
    expect({ code, said }).toMatchObject({ code: 1 });
    expect(said).toContain("is locked by another run, and stays so");
    const metrics = played.read(`metrics/homelab_job_${kind}.prom`);
    expect(metrics).toContain(`homelab_job_success{job_kind="${kind}"} 0\n`);
    expect(fires(alert, metrics, kind, now)).toBe(false);
    expect(fires(alert, metrics, kind, now + 200)).toBe(true);
  });
});
