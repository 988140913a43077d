import { afterAll, describe, expect, it } from "vitest";
import { onNode } from "../tests/support/lab";
import { scriptText } from "./run";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const input = (name: string, value: string) => `verb\tapply\nname\t${name}\nvalue\t${base64(value)}\nend\n`;

afterAll(() => {
  onNode("compute", "rm -rf /tmp/homelab-secret");
});

describe("podman's secrets on a full disk", () => {
  it("are all as they were, and one sentence says why, at whatever step there is no room", () => {
    // A store of its own, on a disk of its own, with podman's own program.
    const inside = `set -eu
      mount -t tmpfs -o size=600k none /var/lib/containers
      mount -t tmpfs none /var/lib/homelab
      apply() { bash /tmp/homelab-secret/script; }
      apply </tmp/homelab-secret/one >/dev/null
      apply </tmp/homelab-secret/two >/dev/null
      before=$(podman secret inspect --showsecret homelab-one homelab-two | sha256sum)
      for pages in 0 1 2 4 8 16 32; do
        rm -f /var/lib/containers/fill
        free=$(df --output=avail -B4096 /var/lib/containers | tail -n 1)
        head -c $(((free - pages) * 4096)) /dev/zero >/var/lib/containers/fill || true
        code=0
        apply </tmp/homelab-secret/other >/dev/null 2>/tmp/homelab-secret/said || code=$?
        rm -f /var/lib/containers/fill
        now=$(podman secret inspect --showsecret homelab-one homelab-two | sha256sum)
        if [ "$code" = 0 ]; then echo "$pages done"; break; fi
        if [ "$now" = "$before" ]; then same=yes; else same=no; fi
        echo "$pages code $code same $same: $(cat /tmp/homelab-secret/said)"
      done`;
    onNode("compute", "mkdir -p /tmp/homelab-secret; cat >/tmp/homelab-secret/script", scriptText("secret"));
    const values = { one: "1".repeat(9000), two: "2".repeat(9000), other: "3".repeat(30_000) };
    for (const [file, value] of Object.entries(values)) {
      const name = file === "one" ? "homelab-one" : "homelab-two";
      onNode("compute", `cat >/tmp/homelab-secret/${file}`, input(name, value));
    }
    onNode("compute", "cat >/tmp/homelab-secret/inside", inside);
    const said = onNode(
      "compute",
      "mkdir -p /var/lib/homelab; unshare --mount bash /tmp/homelab-secret/inside",
    )
      .trim()
      .split("\n");
    expect(said.length).toBeGreaterThan(2);
    for (const line of said.slice(0, -1)) expect(line).toMatch(/ code 22 same yes: .+[^\n]$/i);
    expect(said.at(-1)).toMatch(/ done$/);
  });
});
