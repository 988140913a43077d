import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { onNode } from "../support/lab";
import { byHand, dsnOf, psql, untilSaid } from "../support/services";
import { ChangedConfig, handedOut, preview, up, well } from "../support/stack";

/** A container of a person's own on desktop, which writes into storage's PostgreSQL what NATS' password was given to it for. */
const mine = "sk-of-mine-7f3a";
/** Bash that connects psql without an argument that says how: each process's arguments are looked through. */
const connected = (url: string) =>
  `u=${url}; IFS=':@/?' read -r PGUSER PGPASSWORD PGHOST PGPORT PGDATABASE _ <<<"\${u#*://}"; export \${!PG@}`;
const worker = {
  image: "localhost/homelab-lab/postgres:18-trixie",
  command: [
    "bash",
    "-c",
    `${connected("$DATABASE_URL")}; while :; do psql -XqAt <<<"INSERT INTO lab_workload VALUES (length('$NATS_PASSWORD'), '$NATS_URL')"; sleep 1; done`,
  ],
  environment: {
    DATABASE_URL: "${dsn.agent.agent_gateway}",
    NATS_URL: "${NATS_URL}",
    NATS_PASSWORD: "${nats.worker}",
  },
  secrets: { API_KEY: mine },
  secretFiles: { dsn: "${dsn.agent.agent_gateway}" },
  keeps: { "/srv/homelab/lab-worker": "/data" },
  memory: "256M",
  health: { exec: ["bash", "-c", `${connected("$(cat /run/secrets/dsn)")}; psql -XqAt <<<"SELECT 1"`] },
};

/** Two that run all the time, and one that runs now and then: each says in the journal that it does. */
const image = worker.image;
const twins = {
  image,
  replicas: 2,
  command: ["bash", "-c", "echo I am $REPLICA; exec sleep infinity"],
};
const tick = {
  image,
  command: ["bash", "-c", "echo tick; exit 3"],
  schedule: { at: "*:*:0/5", limitSeconds: 20 },
};

describe("a workload on desktop", () => {
  const config = new ChangedConfig("desktop");
  const on = () => config.with([[["homelab:workloads"], { worker, twins, tick }]]);
  let storage: StorageOutputs;
  let dsn: string;
  const rows = () => psql("desktop", dsn, "SELECT count(*) FROM lab_workload");

  beforeAll(() => {
    storage = handedOut();
    dsn = dsnOf(storage, "agent", "agent_gateway");
    psql("desktop", dsn, "DROP TABLE IF EXISTS lab_workload; CREATE TABLE lab_workload (n int, url text)");
    well(up("desktop", ...on()));
  });
  afterAll(() => {
    well(up("desktop"));
    config.remove();
    byHand("agent_gateway", "DROP TABLE IF EXISTS lab_workload");
    onNode("desktop", "rm -rf /srv/homelab/lab-worker");
  });

  it("is told where the house's services are, and works with them", () => {
    untilSaid("rows", "t", () => psql("desktop", dsn, "SELECT count(*) > 0 FROM lab_workload"));
    expect(psql("desktop", dsn, "SELECT DISTINCT n > 8, url LIKE 'nats://%:4222' FROM lab_workload")).toBe(
      "t|t",
    );
  });

  it("has its secrets in no unit, no argument and no description of its container", () => {
    const password = new URL(dsn).password;
    const seen = onNode(
      "desktop",
      "cat /etc/containers/systemd/workload-worker.container; podman inspect workload-worker; ps -eo args; journalctl -u workload-worker --no-pager",
    );
    for (const secret of [mine, password]) expect(seen).not.toContain(secret);
    expect(onNode("desktop", "podman exec workload-worker printenv API_KEY").trim()).toBe(mine);
  });

  it("is in the backup of desktop's files with what it keeps, and nothing is left to change", () => {
    expect(onNode("desktop", "cat /etc/homelab/backup-files/paths-if-there")).toContain(
      "/srv/homelab/lab-worker",
    );
    well(preview("desktop", "--expect-no-changes", ...on()));
  });

  it("that has replicas runs so many times, each with its number", () => {
    for (const [unit, number] of [
      ["workload-twins", "1"],
      ["workload-twins-2", "2"],
    ])
      untilSaid(`replica ${number}`, `I am ${number}`, () =>
        onNode(
          "desktop",
          `journalctl -u ${unit} --no-pager -o cat | grep -o "I am ." | tail -n 1 || true`,
        ).trim(),
      );
  });

  it("that has a schedule runs at its times, and is a failed unit between them when a run failed", () => {
    untilSaid("runs", "yes", () =>
      onNode(
        "desktop",
        `[ "$(journalctl -u workload-tick --no-pager -o cat | grep -c ^tick)" -ge 2 ] && echo yes || echo no`,
      ).trim(),
    );
    untilSaid("state", "failed", () =>
      onNode("desktop", "systemctl is-failed workload-tick.service || true").trim(),
    );
  });

  it("goes on when it was killed", () => {
    onNode("desktop", "systemctl kill --signal=KILL workload-worker.service");
    const before = Number(rows());
    untilSaid("rows", "t", () => psql("desktop", dsn, `SELECT count(*) > ${before + 1} FROM lab_workload`));
  });

  it("leaves what it kept when it is taken out", () => {
    onNode("desktop", "touch /srv/homelab/lab-worker/kept");
    well(up("desktop"));
    expect(
      onNode(
        "desktop",
        "ls /srv/homelab/lab-worker; ls /etc/containers/systemd /etc/systemd/system | grep -c workload || true; podman secret ls --noheading | grep -c workload || true; systemctl list-units --all --no-legend 'workload-*' | wc -l",
      ).split("\n"),
    ).toEqual(["kept", "0", "0", "0", ""]);
  });
});
