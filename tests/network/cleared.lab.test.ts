import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onNode } from "../support/lab";
import { nothingToChange, preview, up, well } from "../support/stack";
import { asStranger } from "../support/stranger";

const table = () => onNode("storage", "nft --stateless list table inet homelab");
const refused = () =>
  asStranger("timeout 3 bash -c '</dev/tcp/10.77.0.11/9000' 2>/dev/null && echo open || echo refused").trim();

/** What clears the rules, or changes them, on machines as people have them. */
const clearings = [
  "nft flush ruleset",
  "systemctl start nftables",
  "systemctl reload nftables",
  "systemctl restart nftables",
  "systemctl stop nftables",
  "nft delete table inet homelab",
  "nft flush table inet homelab",
  "nft insert rule inet homelab input accept",
  "nft 'add table inet homelab { flags dormant; }'",
  // Whoever ends the watch has it again, and what happened meanwhile is put right.
  "systemctl kill -s KILL homelab-firewall-watch; nft flush ruleset",
];

describe("the firewall's rules", () => {
  let before: string;
  beforeAll(() => {
    nothingToChange();
    before = table();
    expect(refused()).toBe("refused");
  });
  afterAll(() => {
    onNode("storage", "systemctl stop nftables; systemctl reset-failed homelab-firewall-watch");
  });

  it.each(clearings)("are there again a second after `%s`", (command) => {
    onNode("storage", `${command}; sleep 1`);
    expect(table()).toBe(before);
  });

  it("close the ports again, and a preview shows that they were not there, until the next up", () => {
    expect(refused()).toBe("refused");
    const { code, text } = preview("storage", "--expect-no-changes");
    expect(code).not.toBe(0);
    expect(text).toContain("What homelab-firewall.service set up on storage was taken away by hand.");
    well(up("storage"));
    nothingToChange();
  });

  it("stay when the service is restarted or stopped", () => {
    for (const verb of ["restart", "stop", "start"]) {
      onNode("storage", `systemctl ${verb} homelab-firewall`);
      expect(table()).toBe(before);
    }
    expect(onNode("storage", "systemctl is-active homelab-firewall-watch").trim()).toBe("active");
  });
});
