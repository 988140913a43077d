import { afterAll, describe, expect, it } from "vitest";
import { onNode } from "../../tests/support/lab";
import { cursor, lookUntil } from "./testing";

describe("a real service of a machine", () => {
  // What was counted here is no news for anybody's alerts.
  afterAll(() => onNode("desktop", "rm -f /run/homelab-health/*.service"));

  it.each([
    ["nats", "8222/healthz"],
    ["homelab-backup-repository", "8010/"],
  ])("%s is restarted when it hangs, and answers again", (name, at) => {
    const since = cursor();
    const invocation = () => onNode("desktop", `systemctl show -p InvocationID --value ${name}`).trim();
    const before = invocation();
    onNode("desktop", `rm -f /run/homelab-health/${name}.service; podman kill --signal STOP ${name}`);
    expect(onNode("desktop", `systemctl is-active ${name}`).trim()).toBe("active");
    expect(lookUntil(since, `${name}.service runs`, 24)).toContain("It is restarted.");
    // A stopped program ends when podman has waited for it.
    onNode(
      "desktop",
      `for i in $(seq 600); do
         [ "$(systemctl show -p InvocationID --value ${name})" = ${before} ] || ! systemctl is-active --quiet ${name} || exit 0
         sleep 0.2
       done; exit 1`,
    );
    onNode(
      "desktop",
      `for i in $(seq 300); do
         curl -s -o /dev/null --max-time 5 http://127.0.0.1:${at} && exit 0
         sleep 0.2
       done; exit 1`,
    );
    expect(invocation()).not.toBe(before);
  });
});
