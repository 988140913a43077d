import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onNode } from "../../tests/support/lab";
import { watched } from ".";
import { cursor, lookUntil } from "./testing";

// The timer looks meanwhile, too: whatever is counted here is counted from the journal.
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
