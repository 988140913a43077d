import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

it("moves three databases of an older PostgreSQL from compute to storage, killed on the way, and tells what differs", () => {
  // The drill itself compares, refuses and counts; see its text.
  const said = execFileSync(join(__dirname, "run"), ["--small"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 290_000,
  });
  expect(said).toContain("PostgreSQL 17 on compute → 18 on storage: 3 databases");
  expect(said).toMatch(/^\d+\.\d s +(the command|the container on storage|its script on storage)/m);
  expect(said).toMatch(/^Größe +drill_memories .* s$/m);
});
