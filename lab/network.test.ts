import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** What lab/lib calls the network of a lab whose state is in a folder. */
const networkName = (state: string): string =>
  execFileSync("bash", ["-euc", '. "$1"; STATE=$2; network_name', "bash", "lab/lib/all.sh", state], {
    encoding: "utf8",
  }).trim();

describe("the network of the lab", () => {
  it("has another name in each copy's state, so that addresses which a deleted copy held do not count", () => {
    const names = [1, 2].map(() => networkName(mkdtempSync(join(tmpdir(), "lab-state-"))));
    for (const name of names) expect(name).toMatch(/^homelab-[0-9a-f]{8}$/);
    expect(new Set(names).size).toBe(2);
  });

  it("keeps its name for as long as the machines are there", () => {
    const state = mkdtempSync(join(tmpdir(), "lab-state-"));
    mkdirSync(join(state, "podman/networks"), { recursive: true });
    writeFileSync(join(state, "podman/networks/homelab-0a1b2c3d.json"), "{}");
    expect(networkName(state)).toBe("homelab-0a1b2c3d");
  });
});
