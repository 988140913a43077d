import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { watched, type Watched } from ".";

/** The script, with systemd and df played by a few lines each, and a service that is well while a file is there. */
let folder = "";
let uptime = 10_000;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "health-"));
  uptime = 10_000;
  program(
    "systemctl",
    `case "$1" in
show) cat "${folder}/shown/\${@: -1}" ;;
restart) echo "\${@: -1}" >>"${folder}/restarted" ;;
esac`,
  );
  program("df", `printf 'Avail\\n%s\\n' "$(cat "${folder}/free")"`);
  file("free", "9999999");
  for (const name of ["metrics", "watched"]) mkdirSync(join(folder, name));
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
const read = (name: string) =>
  existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";

/** Declares a service as watched. It has run for `since` seconds. */
function watch(service: string, more: Partial<Watched> = {}, since = 9000): void {
  const health = {
    exec: ["bash", "-c", `[ -e "$0" ] || { echo "it is\nill"; exit 1; }`, join(folder, "well", service)],
  };
  const { content } = watched({ service, health, ill: "restart", ...more });
  file(`watched/${service.replace(".service", "")}`, typeof content === "string" ? content : "");
  runs(service, since);
}
function runs(service: string, since: number, state = "active", invocation = "a1"): void {
  const at = (uptime - since) * 1_000_000;
  file(
    `shown/${service}`,
    `ActiveState=${state}\nInvocationID=${invocation}\nActiveEnterTimestampMonotonic=${at}\n`,
  );
}
const well = (service: string) => file(`well/${service}`, "");

/** Looks so many times, half a minute apart. */
function look(times = 1): { status: number | null; said: string } {
  let said = "";
  let status: number | null = 0;
  const text = readFileSync(join(__dirname, "scripts/health.sh"), "utf8")
    .replace("PATH=/usr/local/sbin", `PATH=${folder}/bin:/usr/local/sbin`)
    .replace("/proc/uptime", `${folder}/uptime`)
    .replace("/run/homelab-health", `${folder}/notes`)
    .replace("state=/var/lib/homelab", `state=${folder}/state`);
  const path = file("health.sh", text);
  for (let i = 0; i < times; i += 1) {
    uptime += 30;
    file("uptime", `${uptime}.25 9.0\n`);
    const done = spawnSync("bash", [path, join(folder, "watched"), join(folder, "metrics")], {
      encoding: "utf8",
    });
    status = done.status;
    said += done.stdout + done.stderr;
  }
  return { status, said };
}
const restarts = () => read("restarted").split("\n").filter(Boolean);
const metric = (name: string, service: string) =>
  new RegExp(`^homelab_service_${name}\\{name="${service}"\\} (\\d+)$`, "m").exec(
    read("metrics/homelab_health.prom"),
  )?.[1];

describe("a service that is watched", () => {
  it("is left alone while it is well", () => {
    watch("a.service");
    well("a.service");
    expect(look(20)).toEqual({ status: 0, said: "" });
    expect(restarts()).toEqual([]);
    expect([metric("healthy", "a.service"), metric("restarts", "a.service")]).toEqual(["1", "0"]);
  });

  it("is restarted when it was not well for four looks in a row, and no other with it", () => {
    watch("a.service");
    watch("b.service");
    well("b.service");
    expect(look(3)).toEqual({ status: 0, said: "" });
    expect(metric("healthy", "a.service")).toBe("0");
    const { said } = look();
    expect(said).toBe("a.service runs, and has not been well for 4 looks: it is\nill. It is restarted.\n");
    expect(restarts()).toEqual(["a.service"]);
    expect(metric("restarts", "a.service")).toBe("1");
    expect([metric("healthy", "b.service"), metric("restarts", "b.service")]).toEqual(["1", "0"]);
  });

  it("is not restarted for looks that did not follow one another, or that were at another start of it", () => {
    watch("a.service");
    for (let i = 0; i < 3; i += 1) {
      look(3);
      well("a.service");
      look();
      rmSync(join(folder, "well/a.service"));
    }
    look(3);
    runs("a.service", 200, "active", "b2");
    look(3);
    expect(restarts()).toEqual([]);
  });

  it("is given the time that its start may take", () => {
    watch("a.service", { startSeconds: 600 }, 0);
    look(19);
    expect(restarts()).toEqual([]);
    expect(metric("healthy", "a.service")).toBe("0");
    look(5);
    expect(restarts()).toEqual(["a.service"]);
  });

  it("is restarted three times in six hours and no more, and says so, though not each time", () => {
    watch("a.service");
    const { said } = look(30);
    expect(restarts()).toHaveLength(3);
    expect(said.match(/It was restarted 3 times in six hours, which did not help/g)).toHaveLength(1);
    expect([metric("healthy", "a.service"), metric("restarts", "a.service")]).toEqual(["0", "3"]);
    uptime += 6 * 3600;
    look();
    expect(restarts()).toHaveLength(4);
  });

  it("that a person must decide about is only told of", () => {
    watch("postgres.service", { ill: "tell" });
    const { said } = look(20);
    expect(restarts()).toEqual([]);
    expect(said.match(/It is never restarted by itself/g)).toHaveLength(1);
    expect(metric("healthy", "postgres.service")).toBe("0");
  });

  it("is not restarted while the disk of its data is full, and is as soon as there is room", () => {
    watch("nats.service", { keeps: ["/srv/nats"] });
    file("free", "100");
    expect(look(50).said).toContain("The disk of /srv/nats is full: it is restarted when there is room.");
    expect(restarts()).toEqual([]);
    file("free", "9999999");
    look();
    expect(restarts()).toEqual(["nats.service"]);
  });

  it.each(["inactive", "failed", "activating", "deactivating"])(
    "is left to others while it is %s",
    (state) => {
      watch("a.service");
      look(3);
      runs("a.service", 9000, state);
      look(10);
      expect(restarts()).toEqual([]);
      expect(metric("healthy", "a.service")).toBeUndefined();
      runs("a.service", 9000);
      look(3);
      expect(restarts()).toEqual([]);
    },
  );

  it("is not restarted while a run of Pulumi works on it", () => {
    watch("a.service");
    const lock = file("state/units/a.service/lock", "");
    program("flock", "exit 1");
    expect(look(4).said).toContain("a run of Pulumi works on it");
    expect(restarts()).toEqual([]);
    rmSync(join(folder, "bin/flock"));
    look();
    expect([restarts(), existsSync(lock)]).toEqual([["a.service"], true]);
  });

  it("of which systemd says nothing fails the look, and keeps no other from its own", () => {
    watch("a.service");
    watch("b.service");
    rmSync(join(folder, "shown/b.service"));
    const { status, said } = look(4);
    expect(status).toBe(1);
    expect(said).toContain("Whether b.service is well could not be found out");
    expect(metric("healthy", "b.service")).toBeUndefined();
    expect(restarts()).toEqual(["a.service"]);
  });
});

it("nothing is watched where no unit says so, and nothing is written where nothing is measured", () => {
  rmSync(join(folder, "watched"), { recursive: true });
  rmSync(join(folder, "metrics"), { recursive: true });
  expect(look()).toEqual({ status: 0, said: "" });
});
