import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onNode } from "../../tests/support/lab";
import { watched } from ".";

/**
 * On desktop, where a look is made at once and not waited for: the timer's own looks are as good, so whatever is counted here
 * is counted from the journal.
 */
/** Looks until the watch has said something since, at most so many times. */
const lookUntil = (since: string, words: string, times: number) =>
  onNode(
    "desktop",
    `for i in $(seq ${times}); do
       # Nobody looks as often as these tests.
       systemctl reset-failed homelab-health.service 2>/dev/null || true
       systemctl start homelab-health.service
       ! journalctl -o cat -u homelab-health --after-cursor='${since}' | grep -F '${words}' || exit 0
     done; echo 'it was not said' >&2; exit 1`,
  );
const cursor = () =>
  /^-- cursor: (.*)$/m.exec(onNode("desktop", "journalctl -n 0 --show-cursor -u homelab-health"))?.[1] ?? "";
const unit = "homelab-probe-ill.service";
const forget = () =>
  onNode(
    "desktop",
    `systemctl stop ${unit} 2>/dev/null || true
     rm -f /etc/homelab/health/homelab-probe-ill /run/systemd/system/${unit} /run/homelab-health/${unit} /run/homelab-probe-ill.starts
     systemctl daemon-reload`,
  );

describe("the services of a machine", () => {
  it("are those that it watches, with the checks that their starts are judged by", () => {
    const files = onNode("desktop", "ls /etc/homelab/health").trim().split("\n");
    expect(files).toEqual(expect.arrayContaining(["homelab-backup-repository", "nats"]));
    expect(onNode("storage", "cat /etc/homelab/health/postgres")).toContain("restart\tno\n");
    expect(onNode("storage", "ls /etc/homelab/health")).toContain("minio");
    onNode("storage", "systemctl start homelab-health.service");
  });
});

describe("a service that can never be well", () => {
  beforeAll(() => {
    forget();
    const { content } = watched({
      ...{ service: unit, health: { exec: ["false"] }, ill: "restart", startSeconds: 0 },
    });
    onNode(
      "desktop",
      `cat >/run/systemd/system/${unit} && systemctl daemon-reload && systemctl start ${unit}`,
      "[Service]\nExecStart=/bin/bash -c 'echo started >>/run/homelab-probe-ill.starts; exec sleep infinity'\n",
    );
    onNode(
      "desktop",
      `cat >/etc/homelab/health/homelab-probe-ill`,
      typeof content === "string" ? content : "",
    );
  });
  afterAll(forget);

  it("is restarted three times, and then only told of", () => {
    const since = cursor();
    lookUntil(since, "nothing more is done by itself", 60);
    expect(lookUntil(since, "nothing more is done by itself", 1)).not.toBe("");
    expect(onNode("desktop", "wc -l </run/homelab-probe-ill.starts").trim()).toBe("4");
  });
});
