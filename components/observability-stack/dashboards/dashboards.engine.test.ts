import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../../tests/support/ports";
import { programsOf } from "../../../tests/support/programs";
import { rulesFile } from "../rule-files";
import { prometheusArguments } from "../prometheus";
import { consolePage, consolePath, consoles } from "./page";
import { pages } from "./pages";
import { filled } from "./queries";

let folder = "";
let promtool = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dashboards-"));
  promtool = join(programsOf("prometheus", "promtool", "prometheus"), "promtool");
}, 600_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Prometheus' own parser, by way of rules that record what a panel asks. */
function check(exprs: readonly string[]) {
  const records = exprs.map((expr, at) => ({ record: `panel:${at}`, expr }));
  writeFileSync(join(folder, "panels.yml"), rulesFile([{ name: "panels", records, rules: [] }]));
  const { status, stdout, stderr } = spawnSync(promtool, ["check", "rules", "panels.yml"], {
    ...{ cwd: folder, encoding: "utf8" },
  });
  return { status, said: `${stdout}${stderr}` };
}

const queries = pages.flatMap(({ rows }) => Object.values(rows).flat());

it("every panel asks what Prometheus understands", () => {
  const { status, said } = check(queries.map((query) => filled(query, "1m")));
  expect(said).toContain(`${queries.length} rules found`);
  expect(status).toBe(0);
});

it("one that it does not understand would be said", () => {
  expect(check(["rate(up[1m)"]).status).not.toBe(0);
});

it("Prometheus shows the page without Grafana as it was written", async () => {
  const port = await freePort();
  mkdirSync(join(folder, "consoles"));
  writeFileSync(join(folder, "consoles/homelab.html"), consolePage());
  writeFileSync(join(folder, "prometheus.yml"), "{}");
  const args = prometheusArguments({ listen: `127.0.0.1:${port}`, retentionDays: 1, retentionSize: "64MB" });
  const server = spawn(
    join(programsOf("prometheus", "promtool", "prometheus"), "prometheus"),
    args.map((one) =>
      one
        .replace(consoles, join(folder, "consoles"))
        .replace("/etc/prometheus/prometheus.yml", join(folder, "prometheus.yml"))
        .replace("=/prometheus", `=${join(folder, "data")}`),
    ),
    { stdio: "ignore" },
  );
  const ended = new Promise((done) => server.once("exit", done));
  try {
    const at = `http://127.0.0.1:${port}`;
    const ready = () =>
      fetch(`${at}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (server.exitCode === null && !(await ready())) await new Promise((done) => setTimeout(done, 100));
    const answer = await fetch(`${at}${consolePath}`);
    expect(answer.headers.get("content-type")).toContain("text/html");
    const script = (page: string) => /const pages = (.*);\n/.exec(page)?.[1];
    expect(script(await answer.text())).toBe(script(consolePage()));
  } finally {
    server.kill("SIGKILL");
    await ended;
  }
}, 120_000);
