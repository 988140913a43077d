import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** The scripts, with systemd, journald and Alertmanager played by a few lines each. */
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "metrics-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
};
const program = (name: string, body: string) => {
  chmodSync(file(`bin/${name}`, `#!/bin/bash\n${body}\n`), 0o755);
};
const read = (name: string) => readFileSync(join(folder, name), "utf8");

/** Runs a script with the played programs first in its path. */
function run(name: string, ...args: string[]) {
  const text = readFileSync(join(__dirname, "scripts", name), "utf8")
    .replace("PATH=/usr/local/sbin", `PATH=${folder}/bin:/usr/local/sbin`)
    .replaceAll("/run/homelab-watchdog", `${folder}/watchdog`);
  const { status, stdout, stderr } = spawnSync("bash", [file(`scripts/${name}`, text), ...args], {
    encoding: "utf8",
    env: {
      PATH: `${folder}/bin:${process.env.PATH ?? ""}`,
      HOMELAB_STATE: join(folder, "state"),
      HOMELAB_CACHE: join(folder, "cache"),
    },
  });
  return { status, said: `${stdout}${stderr}` };
}

describe("what a node knows of itself", () => {
  const metrics = (...lines: string[]) => {
    const config = file("config", lines.map((line) => `${line}\n`).join(""));
    expect(run("node.sh", join(folder, "out"), config)).toEqual({ status: 0, said: "" });
    return read("out/homelab_node.prom");
  };
  const systemd = (units: Record<string, string>) => {
    const cases = Object.entries(units).map(
      ([name, shown]) => `*" ${name}") printf '%s\\n' '${shown.replaceAll("\n", "' '")}' ;;`,
    );
    program("systemctl", `case "$*" in\n${cases.join("\n")}\nesac`);
    program(
      "systemd-analyze",
      `case "$1" in
calendar) printf '  Original form: x\\n    Next elapse: Fri 2026-01-02 04:30:00 CET\\n       (in UTC): x\\n   Iteration #2: Sat 2026-01-03 04:30:00 CET\\n   Iteration #3: Tue 2026-01-06 04:30:00 CET\\n' ;;
timespan) printf 'Original: 1min\\n      μs: 60000000\\n   Human: 1min\\n' ;;
esac`,
    );
  };

  it("is which timers are there, when they ran, and how often they should", () => {
    mkdirSync(join(folder, "state/units/homelab-backup-postgres.timer"), { recursive: true });
    mkdirSync(join(folder, "state/units/postgres.service"), { recursive: true });
    systemd({
      "homelab-backup-postgres.timer":
        "Unit=homelab-backup-postgres.service\nTimersCalendar={ OnCalendar=*-*-* 04:30:00 ; next_elapse=x }\nLastTriggerUSec=Thu 1970-01-01 00:16:40 UTC\nActiveState=active\nActiveEnterTimestamp=@500",
      "invoices.timer":
        "Unit=invoices.service\nActiveState=inactive\nActiveEnterTimestamp=\nLastTriggerUSec=",
    });
    const text = metrics("timer\tinvoices.timer");
    expect(text).toContain('homelab_timer_active{name="homelab-backup-postgres.timer"} 1\n');
    expect(text).toContain(
      'homelab_timer_last_trigger_timestamp_seconds{name="homelab-backup-postgres.timer"} 1000\n',
    );
    expect(text).toContain(
      'homelab_timer_active_since_timestamp_seconds{name="homelab-backup-postgres.timer"} 500\n',
    );
    // Three days: the longest time between two of its moments.
    expect(text).toContain('homelab_timer_interval_seconds{name="homelab-backup-postgres.timer"} 259200\n');
    expect(text).toContain('homelab_timer_active{name="invoices.timer"} 0\n');
    expect(text).not.toContain("postgres.service");
    expect(text).not.toContain('last_trigger_timestamp_seconds{name="invoices.timer"}');
  });

  it("takes a run that is under way for no silence", () => {
    systemd({
      "agent.timer":
        "Unit=agent.service\nTimersMonotonic={ OnUnitInactiveUSec=1min ; next_elapse=0 }\nLastTriggerUSec=Thu 1970-01-01 00:16:40 UTC\nActiveState=active\nActiveEnterTimestamp=@500",
      "agent.service": "activating",
    });
    const text = metrics("timer\tagent.timer");
    const last = /last_trigger_timestamp_seconds\{name="agent.timer"\} (\d+)/.exec(text)?.[1];
    expect(Number(last)).toBeGreaterThan(Date.now() / 1000 - 600);
    expect(text).toContain('homelab_timer_interval_seconds{name="agent.timer"} 60\n');
  });

  it("is whether another node is meant to be on, by its last word", () => {
    file("state/power/compute", "idle\t1000\n");
    file("state/power/desktop", "on\t2000\n");
    file("state/power/broken", "");
    const text = metrics();
    expect(text).toContain('homelab_node_meant_to_be_on{peer="compute"} 0\n');
    expect(text).toContain('homelab_node_meant_to_be_on{peer="desktop"} 1\n');
    expect(text).toContain('homelab_node_last_word_timestamp_seconds{peer="compute"} 1000\n');
    expect(text).not.toContain("broken");
  });

  it("is for how long the oldest line of its journal has been waiting to be carried away", () => {
    const cursor = file("cursor", "# private\nLAST_CURSOR=s=abc;i=1\n");
    const ago = Math.floor(Date.now() / 1000) - 900;
    program(
      "journalctl",
      `case "$*" in *--after-cursor=s=abc*) printf '${ago}.5 x\\n${ago + 9}.5 y\\n' ;; esac`,
    );
    const behind = (text: string) => Number(/^homelab_logs_behind_seconds (\d+)$/m.exec(text)?.[1]);
    expect(behind(metrics(`cursor\t${cursor}`))).toBeGreaterThanOrEqual(900);
    program("journalctl", "exit 0");
    expect(behind(metrics(`cursor\t${cursor}`))).toBe(0);
    // Nothing was ever sent: since it was switched on.
    const config = file("config", `cursor\t${folder}/none\n`);
    utimesSync(config, ago, ago);
    expect(run("node.sh", join(folder, "out"), config).status).toBe(0);
    expect(behind(read("out/homelab_node.prom"))).toBeGreaterThanOrEqual(900);
    expect(metrics()).not.toMatch(/^homelab_logs_behind_seconds \d/m);
  });

  it("is for how long its pods' lines have been waiting, when that is longer", () => {
    const cursor = file("cursor", "LAST_CURSOR=s=abc;i=1\n");
    const carried = file("pods", "");
    program("journalctl", "exit 0");
    const behind = () =>
      Number(
        /^homelab_logs_behind_seconds (\d+)$/m.exec(metrics(`cursor\t${cursor}`, `carried\t${carried}`))?.[1],
      );
    expect(behind()).toBeLessThan(60);
    const ago = Math.floor(Date.now() / 1000) - 900;
    utimesSync(carried, ago, ago);
    expect(behind()).toBeGreaterThanOrEqual(900);
    // Never carried: since it was switched on.
    rmSync(carried);
    expect(behind()).toBeLessThan(60);
  });

  it("is until when a certificate is valid", () => {
    const made = spawnSync("openssl", [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "10",
      ],
      ...["-subj", "/CN=x", "-keyout", join(folder, "key"), "-out", join(folder, "server.crt")],
    ]);
    expect(made.status).toBe(0);
    file("other.crt", "no certificate");
    const text = metrics(`certificates\t${folder}/*.crt`);
    const end = Number(/not_after_timestamp_seconds\{file="[^"]*server.crt"\} (\d+)/.exec(text)?.[1]);
    expect(Math.abs(end - (Date.now() / 1000 + 864_000))).toBeLessThan(3600);
    expect(text).not.toContain("other.crt");
  });

  it("is what else is to be scraped, and targets.sh makes a file of targets of it", () => {
    const text = metrics(
      "target\tminio\t9000\t/minio/v2/metrics/cluster",
      "target\tmail-agent\t8080\t/metrics",
    );
    // As the exporter writes it: labels by name.
    program(
      "curl",
      `case "$*" in
*10.0.0.1:9100*) printf '%s\\n' 'homelab_scrape_target{path="/minio/v2/metrics/cluster",port="9000",service="minio"} 1' 'homelab_scrape_target{path="/x",port="80@evil",service="forged"} 1' ;;
*) exit 7 ;;
esac`,
    );
    file("targets/compute.json", "[former]\n");
    const done = run(
      "targets.sh",
      join(folder, "targets"),
      "storage",
      "always-on",
      "10.0.0.1:9100",
      "compute",
      "on-demand",
      "10.0.0.3:9100",
    );
    expect(done.status).toBe(0);
    expect(JSON.parse(read("targets/storage.json"))).toEqual([
      {
        targets: ["10.0.0.1:9000"],
        labels: {
          job: "minio",
          node: "storage",
          lifecycle: "always-on",
          __metrics_path__: "/minio/v2/metrics/cluster",
        },
      },
    ]);
    // A node that does not answer keeps what it had.
    expect(read("targets/compute.json")).toBe("[former]\n");
    expect(text).toContain('homelab_scrape_target{service="mail-agent",port="8080",path="/metrics"} 1\n');
  });
});

describe("how Prometheus comes to the kubelets", () => {
  let authority = "";
  const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const look = () =>
    run(
      "cluster.sh",
      ...[join(folder, "out"), owner, join(folder, "bin/k3s"), authority, "10250"],
      ...["storage", "always-on", "desktop", "always-on", "compute", "on-demand"],
    );
  /** A cluster that notes what it is asked. */
  const cluster = (nodes: string) => {
    program(
      "k3s",
      `echo "$*" >>${folder}/asked
case "$*" in *"get nodes"*) printf '${nodes}' ;; *"create token"*) echo "token-$(wc -l <${folder}/asked)" ;; esac`,
    );
  };
  const asked = (what: string) => read("asked").split(what).length - 1;
  beforeEach(() => {
    mkdirSync(join(folder, "out"));
    authority = file("server-ca.crt", "authority\n");
  });

  it("writes a token that others cannot read, the authority, and where the cluster's nodes are", () => {
    cluster("storage\\t10.0.0.1\\ndesktop\\tfd00::2 10.0.0.2\\nguest\\t10.0.0.9\\n");
    expect(look()).toEqual({ status: 0, said: "" });
    expect(read("out/ca.crt")).toBe("authority\n");
    expect(statSync(join(folder, "out/token")).mode & 0o777).toBe(0o400);
    expect(JSON.parse(read("out/kubelets.json"))).toEqual([
      { targets: ["10.0.0.1:10250"], labels: { node: "storage", lifecycle: "always-on" } },
      { targets: ["[fd00::2]:10250"], labels: { node: "desktop", lifecycle: "always-on" } },
    ]);
    expect(asked("apply --server-side --force-conflicts -f -")).toBe(1);
  });

  it("renews the token after a quarter of an hour, and at once for another cluster", () => {
    cluster("storage\\t10.0.0.1\\n");
    look();
    const first = read("out/token");
    look();
    expect([read("out/token"), asked("create token")]).toEqual([first, 1]);
    const past = new Date(Date.now() - 16 * 60_000);
    utimesSync(join(folder, "out/token"), past, past);
    look();
    const second = read("out/token");
    expect(second).not.toBe(first);
    file("server-ca.crt", "another\n");
    look();
    expect(read("out/token")).not.toBe(second);
    expect(read("out/ca.crt")).toBe("another\n");
  });

  it("changes nothing while the cluster does not answer", () => {
    cluster("storage\\t10.0.0.1\\n");
    look();
    const before = ["token", "ca.crt", "kubelets.json"].map((name) => read(`out/${name}`));
    program("k3s", "echo refused >&2; exit 1");
    expect(look()).toMatchObject({ status: 0 });
    expect(["token", "ca.crt", "kubelets.json"].map((name) => read(`out/${name}`))).toEqual(before);
  });
});

describe("who watches the watchers", () => {
  const alertmanager = (alerts: string) => {
    program("curl", `case "$*" in *--get*) printf '%s' '${alerts}' ;; *) cat >${folder}/told ;; esac`);
  };
  const watchdog = () => run("watchdog.sh", "http://127.0.0.1:9093", "360");
  const heard = (ago: number) =>
    JSON.stringify([
      { labels: { alertname: "Watchdog" }, updatedAt: new Date(Date.now() - 1000 * ago).toISOString() },
    ]);

  it("says nothing while the alert that always fires is renewed", () => {
    alertmanager(heard(100));
    expect(watchdog().status).toBe(0);
    expect(existsSync(join(folder, "told"))).toBe(false);
  });

  it("tells Alertmanager when it has not been renewed for too long", () => {
    file("watchdog/began", "1000\n");
    alertmanager(heard(500));
    expect(watchdog().said).toMatch(/Nothing has been heard of Prometheus for 5\d\d s/);
    const [alert] = JSON.parse(read("told")) as { labels: object; startsAt: string; endsAt: string }[];
    expect(Date.parse(alert?.startsAt ?? "")).toBeLessThanOrEqual(Date.now());
    expect(alert?.labels).toEqual({ alertname: "MonitoringDead", severity: "critical" });
    // It ends by itself soon after it is no longer said.
    const lasts = Date.parse(alert?.endsAt ?? "") - Date.now();
    expect(lasts).toBeGreaterThan(60_000);
    expect(lasts).toBeLessThanOrEqual(150_000);
  });

  it("gives Prometheus its time after a start", () => {
    alertmanager("[]");
    expect(watchdog().status).toBe(0);
    expect(existsSync(join(folder, "told"))).toBe(false);
    file("watchdog/began", "1000\n");
    expect(watchdog().status).toBe(0);
    expect(existsSync(join(folder, "told"))).toBe(true);
  });

  it("fails, which is an alert, when its Alertmanager does not answer", () => {
    program("curl", "exit 7");
    expect(watchdog().status).toBe(1);
  });
});
