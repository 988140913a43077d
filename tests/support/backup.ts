import { nodeNames, type NodeName } from "../../topology";
import { onNode } from "./lab";
import { untilByHand } from "./services";

/** The backups of PostgreSQL on storage, as a person and the timers work with them. */
export const tools = "/usr/local/lib/homelab/backup";
export const histories = "/srv/homelab/backup/postgres";

/** Runs one of the scripts; a failure is an answer, too. */
export function script(name: string, ...args: string[]): { code: number; said: string } {
  const words = [`${tools}/${name}`, ...args].map((word) => `'${word}'`).join(" ");
  const said = onNode("storage", `${words} 2>&1; echo "exit $?"`);
  const [, text = "", code = ""] = /^([\s\S]*)exit (\d+)\n$/.exec(said) ?? [];
  return { code: Number(code), said: text };
}

export const history = () => `${histories}/${onNode("storage", `cat ${histories}/cluster`).trim()}`;
export const newest = (kind: "base" | "dump") =>
  onNode("storage", `ls -d ${history()}/${kind}/*/info | tail -n 1 | xargs dirname`).trim();

/** The folder that WAL is received into now. */
export const wal = () =>
  onNode("storage", `ls -d ${history()}/wal ${history()}/wal.from-*Z | tail -n 1`).trim();

/** What a person does whose storage begins anew and is to stay so: backups refuse it, for the former one may only not be mounted. */
export function backUpAnew(): void {
  const id = onNode(
    "storage",
    "podman exec --user postgres postgres psql -XAtqc 'SELECT system_identifier FROM pg_control_system()'",
  ).trim();
  script("restore.sh", "accept-cluster", id);
  const files = "/usr/local/lib/homelab/backup-files/files.sh";
  for (const node of nodeNames) onNode(node, `[ ! -e ${files} ] || ${files} --new-repository`);
}

/** Waits until WAL is received; a minute at most. */
export const receives = () =>
  untilByHand(
    "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'homelab_backup' AND state = 'streaming'",
    "1",
  );

/** Waits until the watch, which has a base backup made after a gap, finds it. The watch's own minutes are not waited for. */
export const gapClosed = () =>
  onNode(
    "storage",
    "timeout 110 sh -c 'until systemctl start homelab-backup-watch && grep -qx \"homelab_backup_wal_gap 0\" /var/lib/homelab/metrics/homelab_backup_postgres.prom; do sleep 1; done; while systemctl is-active homelab-backup-postgres | grep -q activating; do sleep 1; done'",
  );

/** Timers of storage's jobs of backups. */
const timers = ["watch", "off-node-wal", "keep", "postgres"]
  .map((job) => `homelab-backup-${job}.timer`)
  .join(" ");

/**
 * No job of backups is at work any more, and none begins by itself until `jobsGoOn`: a test before may have left a gap, for
 * which the watch begins a backup.
 */
export function jobsAtRest(): void {
  gapClosed();
  onNode(
    "storage",
    `systemctl stop ${timers}; timeout 110 sh -c "while systemctl list-units --no-legend 'homelab-backup-*.service' --state=activating | grep -q .; do sleep 0.5; done"`,
  );
}
export const jobsGoOn = () => onNode("storage", `systemctl start ${timers}`);

/** What the backup tells Prometheus. */
export const metrics = (name: string) =>
  onNode("storage", `cat /var/lib/homelab/metrics/homelab_${name}.prom`);

/** The lines of a table as they were at a moment, out of the backups. */
export function linesAt(moment: string, database: string, table: string): string[] {
  const { code, said } = script("restore.sh", "dump", moment, database, `public.${table}`);
  const file = /^\/srv\S+\.dump$/m.exec(said)?.[0];
  if (code !== 0 || file === undefined) throw new Error(said);
  const text = onNode(
    "storage",
    `podman exec -i --user postgres postgres pg_restore --data-only -f - <${file}; rm ${file}`,
  );
  return /^COPY .*\n([\s\S]*?)^\\\.$/m.exec(text)?.[1]?.trimEnd().split("\n") ?? [];
}

/** restic on storage, with a node's repository as it lies there. */
export const snapshot = (node: NodeName, words: string) =>
  onNode(
    "storage",
    `. /dev/stdin; podman run --rm --network none -v /srv/homelab/backup:/backup --secret homelab-backup-key-${node} --env RESTIC_PASSWORD_FILE=/run/secrets/homelab-backup-key-${node} --entrypoint restic "$RESTIC_IMAGE" --no-cache --repo /backup/repository/${node} ${words}`,
    onNode("storage", "grep ^RESTIC_IMAGE= /etc/homelab/backup/config"),
  );
