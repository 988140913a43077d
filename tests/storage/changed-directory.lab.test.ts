import { afterAll, expect, it } from "vitest";
import { onNode } from "../support/lab";
import { byHand, incarnation } from "../support/services";
import { ChangedConfig, up } from "../support/stack";

/** Other directories for the real PostgreSQL and MinIO: neither starts empty. */
const config = new ChangedConfig();
afterAll(() => {
  config.remove();
});

it("a changed directory without the data is refused, and what runs goes on", () => {
  const args = config.with([
    [["homelab:postgres", "dataDirectory"], "/srv/homelab/elsewhere/postgres"],
    [["homelab:minio", "dataDirectory"], "/srv/homelab/elsewhere/minio"],
  ]);
  const before = [incarnation("postgres"), incarnation("minio")];
  const run = up("storage", ...args, "--target", "**::postgres-unit", "--target", "**::minio-unit");
  expect(run.code).not.toBe(0);
  const text = run.text.replace(/\s+/g, " ");
  for (const service of ["postgres", "minio"]) {
    expect(text).toContain(
      `${service}.service on storage would start without its data: that is in /srv/homelab/${service}, and /srv/homelab/elsewhere/${service} has none of it. To move it, on storage: systemctl stop ${service}.service mkdir -p`,
    );
  }
  expect([incarnation("postgres"), incarnation("minio")]).toEqual(before);
  expect(byHand("postgres", "select count(*) from pg_database where datname = 'agent_gateway'")).toBe("1");
  expect(onNode("storage", "ls /srv/homelab").split("\n")).not.toContain("elsewhere");
});
