import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { house } from "../../power/testing";
import { alertsSchema, prometheusSchema } from "../../services";
import { programsOf } from "../../tests/support/programs";
import { alertmanagerRun, prometheusRun } from "./runs";

let folder = "";
let programs = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "config-"));
  programs = programsOf("prometheus", "promtool", "amtool");
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function check(program: string, args: readonly string[], content: string) {
  const file = join(folder, "config.yml");
  writeFileSync(file, content);
  const { status, stdout, stderr } = spawnSync(join(programs, program), [...args, file], {
    encoding: "utf8",
  });
  return { status, said: `${stdout}${stderr}` };
}

const context = { node: house.nodes.storage, topology: house };

it("Prometheus takes its configuration", () => {
  const [config] = prometheusRun(prometheusSchema.parse({}), context).files ?? [];
  const args = ["check", "config", "--syntax-only"];
  expect(check("promtool", args, config?.content ?? "")).toMatchObject({ status: 0 });
  expect(check("promtool", args, `${config?.content}\nunknown: 1\n`).status).not.toBe(0);
});

it.each([
  ["nobody", {}],
  ["a webhook", { webhook: "https://example.org/hook" }],
  [
    "everybody",
    {
      webhook: "https://example.org/hook",
      ntfy: { url: "https://ntfy.sh/home", token: "tk" },
      email: { to: "a@example.org", from: "b@example.org", server: "mail:587", user: "b", password: "p" },
      telegram: { chat: -100, token: "t" },
      discord: "https://discord.example/api",
      heartbeat: "https://hc.example/ping",
    },
  ],
])("Alertmanager takes its configuration when %s is told", (_who, receivers) => {
  const settings = alertsSchema.parse({ enabled: true, ...receivers });
  const [config] = alertmanagerRun(settings, context).files ?? [];
  const { status, said } = check("amtool", ["check-config"], config?.content ?? "");
  expect(said).toContain("SUCCESS");
  expect(status).toBe(0);
});

it("a critical alert is told people, the one that always fires is not", () => {
  const settings = alertsSchema.parse({ enabled: true, webhook: "https://example.org/hook" });
  const [config] = alertmanagerRun(settings, context).files ?? [];
  writeFileSync(join(folder, "config.yml"), config?.content ?? "");
  const route = (...labels: string[]) =>
    spawnSync(
      join(programs, "amtool"),
      ["config", "routes", "test", `--config.file=${folder}/config.yml`, ...labels],
      {
        encoding: "utf8",
      },
    ).stdout.trim();
  expect(route("alertname=UnitFailed", "severity=critical")).toBe("people");
  expect(route("alertname=DiskFillsUp", "severity=warning")).toBe("people");
  expect(route("alertname=Watchdog", "severity=none")).toBe("nobody");
});
