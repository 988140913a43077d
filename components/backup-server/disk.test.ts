import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
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

describe("a repository of which the disk has flipped a byte", () => {
  const put = (folder: string, content: string) => {
    const sum = createHash("sha256").update(content).digest("hex");
    const path = folder === "data" ? `data/${sum.slice(0, 2)}` : folder;
    return played.file(`backup/repository/compute/${path}/${sum}`, content);
  };

  it("is found within a week, named each day until it is mended, and is no reason to keep everything", () => {
    played.program(
      "podman",
      `case "$*" in *snapshots*) echo '[]' ;; *prune*) echo pruned >>${played.folder}/calls ;; esac`,
    );
    played.directory("backup/repository.seen");
    played.file("backup/repository/compute/config", "its own name");
    for (const folder of ["snapshots", "index", "keys"]) put(folder, folder);
    for (let n = 0; n < 12; n += 1) put("data", `pack ${n}`);
    // Not named by what it holds: what is being written.
    played.file("backup/repository/compute/data/ab/abcdef-being-written", "half");
    const week = () => Array.from({ length: 7 }, () => played.run("keep.sh"));
    expect(played.run("keep.sh")).toMatchObject({ code: 0 });
    const pack = put("data", "pack 7");
    played.bash(`printf X | dd of=${pack} bs=1 conv=notrunc status=none`);
    const found = week().map(({ code, said }) => (code === 1 && said.includes(`  ${pack}\n`) ? 1 : 0));
    expect(found.at(-1)).toBe(1);
    expect(found.join("")).toMatch(/^0*1+$/);
    expect(played.run("keep.sh").said).toMatch(
      /repository of compute[^]*older ones that do not, and the other copy, can/,
    );
    expect(played.read("metrics/homelab_job_keep.prom")).toContain('success{job_kind="keep"} 0\n');
    put("data", "pack 7");
    expect(played.run("keep.sh")).toMatchObject({ code: 0 });
    // What is small is read every day.
    const index = put("index", "index");
    played.bash(`printf X | dd of=${index} bs=1 conv=notrunc status=none`);
    expect(played.run("keep.sh")).toMatchObject({ code: 1, said: expect.stringContaining(index) as string });
  });
});

describe("a repository off this machine that is full", () => {
  it("is relieved of what is too old there, and then takes what is new", () => {
    played.bash(`echo OFF_NODE_KEEPS=here >>${played.folder}/config`);
    played.file("backup/postgres/cluster", "77\n");
    played.file("backup/.notes/off-node.cluster", "77\n");
    const ids = ["a", "b"].map((letter) => letter.repeat(64));
    const years = [2020, 2026].map(
      (year) => `{"time":"${year}-11-01T00:00:00Z","hostname":"storage","tags":["collected"],"id":"`,
    );
    played.file("snapshots", `[${years.map((text, i) => `${text}${ids[i] ?? ""}"}`).join(",")}]`);
    played.file("full", "");
    played.program(
      "podman",
      `case "$*" in
*snapshots*) cat ${played.folder}/snapshots ;;
*forget*) echo "forgot \${*: -1}" >>${played.folder}/calls ;;
*prune*) rm -f ${played.folder}/full ;;
*' backup '*) [ ! -e ${played.folder}/full ] || { echo 'Save failed: 507 Insufficient Storage' >&2; exit 1; }; echo copied >>${played.folder}/calls ;;
esac`,
    );
    played.file(
      "backup/repository.seen/off-node",
      ids.map((id, i) => `${id} ${i === 0 ? 1_600_000_000 : Math.floor(Date.now() / 1000)}\n`).join(""),
    );
    played.bash(
      `sed -i 's/^KEEP_DAYS=.*/KEEP_DAYS=1/' ${played.folder}/config; sed -i 's/^retention_weeks=8 retention_months=12/retention_weeks=1 retention_months=1/' ${played.folder}/scripts/retention.sh`,
    );
    const { code, said } = played.run("off-node.sh");
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said).toMatch(
      /507 Insufficient Storage[^]*What is too old there goes first; then it is tried once more/,
    );
    expect(played.calls().slice(0, 2)).toEqual([`forgot ${ids[0] ?? ""}`, "copied"]);
  });
});

describe("what comes back from off this machine", () => {
  it("is not fetched onto a disk that has no room for it beside what is there", () => {
    played.file("backup/postgres/cluster", "77\n");
    played.program(
      "podman",
      `case "$*" in
*snapshots*) echo '[{"time":"2026-11-01T00:00:00Z","hostname":"storage","tags":["collected","cluster-77"],"summary":{"total_files_processed":1,"total_bytes_processed":999999999999999},"id":"${"a".repeat(64)}"}]' ;;
*restore*) : >${played.folder}/fetched ;;
esac`,
    );
    played.bash(`echo OFF_NODE_KEEPS=here >>${played.folder}/config`);
    const { code, said } = played.run("restore.sh", "from-off-node", "--yes");
    expect({ code, said }).toMatchObject({ code: 1 });
    expect(said).toMatch(/What is to be fetched has 953674316 MB, and the disk of \S+backup has \d+ MB left/);
    expect([existsSync(`${played.folder}/fetched`), played.calls()]).toEqual([false, []]);
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
