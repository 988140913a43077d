import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lab, onNode } from "../support/lab";
import { ChangedConfig, up, well } from "../support/stack";
import { off, sleep, status } from "./power";

/**
 * The idle shut-down as the stack sets it up, with a look every 2 s and a limit of 5 s; that is changed in /run, where it
 * ends with the machine. Whoever asks compute something is somebody who uses it, so it is watched by its power switch.
 */
const config = new ChangedConfig("compute");
const fast = (limit: number) => `
  mkdir -p /run/systemd/system/homelab-idle.timer.d /run/systemd/system/homelab-idle.service.d
  printf '[Timer]\\nOnActiveSec=\\nOnUnitInactiveSec=\\nOnActiveSec=1\\nOnUnitInactiveSec=2\\nAccuracySec=100ms\\n' \\
    >/run/systemd/system/homelab-idle.timer.d/fast.conf
  printf '[Service]\\nExecStart=\\nExecStart=/usr/local/lib/homelab/homelab-idle/idle.sh 22 25 ${limit}\\n' \\
    >/run/systemd/system/homelab-idle.service.d/fast.conf
  systemctl daemon-reload
  systemctl restart homelab-idle.timer`;
/** What the looks said, the last one last. */
const said = () =>
  onNode("compute", "journalctl -u homelab-idle -t idle.sh -o cat --no-pager -n 30").trim().split("\n");

beforeAll(() => {
  lab("node", "start", "compute");
  const changes = [[["homelab:power"], { enabled: true, idleMinutes: 1, sleep: ["Mon 03:00"] }]] as const;
  well(up("compute", ...config.with(changes)));
});
afterAll(() => {
  lab("node", "start", "compute");
  onNode(
    "compute",
    "podman rm -f -t 0 busy >/dev/null 2>&1; podman rmi localhost/busy:1 >/dev/null 2>&1; true",
  );
  well(up("compute"));
  config.remove();
});

describe("compute with an idle shut-down", () => {
  it("stays on while somebody is logged in, who is named", () => {
    // Asked in the same session: between two of them nobody is logged in.
    expect(onNode("compute", `${fast(0)}; sleep 6; cat /run/homelab-power/verdict`)).toMatch(
      /^stays on: root is logged in; SSH from 10\.77\.0\.1/,
    );
    expect(status()).toBe("on");
  });

  it("stays on while a container works, with nobody logged in", async () => {
    onNode(
      "compute",
      `set -e
       tar -chf - /usr/bin/bash $(ldd /usr/bin/bash | grep -o '/lib[^ ]*') 2>/dev/null | podman import -q - localhost/busy:1 >/dev/null
       podman run -d --name busy --network none localhost/busy:1 /usr/bin/bash -c 'while :; do :; done' >/dev/null
       ${fast(5)}`,
    );
    await sleep(10);
    expect(status()).toBe("on");
    expect(said().slice(-5).join("\n")).toMatch(/stays on: the processors are at \d+ % of one, more than 25/);
  });

  it("goes off by itself, in order, when nothing has run for long enough, and has said why", async () => {
    onNode("compute", "podman rm -f -t 0 busy >/dev/null");
    await off(40);
    lab("node", "start", "compute");
    const lines = said();
    expect(lines.at(-1)).toMatch(/^goes off: nothing has run for \d+ s$/);
    expect(lines.slice(-4).join("\n")).toMatch(/nothing runs, for \d+ s of 5/);
  });

  it("starts over when it is on again", () => {
    expect(onNode("compute", "cat /run/homelab-power/due 2>&1 || true")).toContain("No such file");
    expect(
      onNode(
        "compute",
        "systemctl show -p Description --value homelab-idle.timer homelab-sleep.timer; systemctl is-active homelab-idle.timer homelab-sleep.timer",
      ),
    ).toMatch(/active\nactive\n$/);
  });

  it("goes off when its time has come, as soon as nobody is there", async () => {
    onNode("compute", `${fast(0)}; systemctl start homelab-sleep.service; sleep 5`);
    expect(status()).toBe("on");
    await off(40);
    lab("node", "start", "compute");
    expect(said().at(-1)).toBe("goes off: it is time, and nothing runs");
  });
});
