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

it.each([
  ["alone", false],
  ["with the cluster's kubelets", true],
])("Prometheus takes its configuration %s", (_what, cluster) => {
  const [config] = prometheusRun(prometheusSchema.parse({}), context, cluster).files ?? [];
  expect(config?.content.includes("/metrics/cadvisor")).toBe(cluster);
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
      receivers: {
        ada: { ntfy: { url: "https://ntfy.sh/ada", token: "tk" } },
        "night-shift": { telegram: { chat: 7, token: "t" } },
      },
    },
  ],
])("Alertmanager takes its configuration when %s is told", (_who, receivers) => {
  const settings = alertsSchema.parse({ enabled: true, ...receivers });
  const [config] = alertmanagerRun(settings, context).files ?? [];
  const { status, said } = check("amtool", ["check-config"], config?.content ?? "");
  expect(said).toContain("SUCCESS");
  expect(status).toBe(0);
});

/** Asks amtool who is told of something: by what, and in which groups. */
function routes(given: Parameters<typeof alertsSchema.parse>[0]) {
  const [config] = alertmanagerRun(alertsSchema.parse(given), context).files ?? [];
  writeFileSync(join(folder, "config.yml"), config?.content ?? "");
  return (...labels: string[]) =>
    spawnSync(
      join(programs, "amtool"),
      ["config", "routes", "test", `--config.file=${folder}/config.yml`, ...labels],
      { encoding: "utf8" },
    ).stdout.trim();
}

it("a critical alert is told people, the one that always fires is not", () => {
  const route = routes({ enabled: true, webhook: "https://example.org/hook" });
  expect(route("alertname=UnitFailed", "severity=critical")).toBe("people");
  expect(route("alertname=DiskFillsUp", "severity=warning")).toBe("people");
  expect(route("alertname=Watchdog", "severity=none")).toBe("nobody");
});

it("whom an alert names is told beside the house's people, and nobody else of the further receivers", () => {
  const route = routes({
    enabled: true,
    webhook: "https://example.org/hook",
    receivers: { ada: { webhook: "https://example.org/ada" }, ad: { webhook: "https://example.org/ad" } },
  });
  const failed = ["alertname=JobFailed", "severity=critical"];
  expect(route(...failed)).toBe("people");
  expect(route(...failed, "notify=ada")).toBe("ada,people");
  expect(route(...failed, 'notify="ben,ad"')).toBe("ad,people");
  expect(route(...failed, 'notify="ada,ad"')).toBe("ada,ad,people");
  expect(route(...failed, "notify=nobody-here")).toBe("people");
  const overdue = ["alertname=JobWithoutSuccess", "severity=critical"];
  expect(route(...overdue, "notify=ada")).toBe("ada,people");
  expect(route("alertname=DiskFillsUp", "severity=warning", "notify=ada")).toBe("ada,people");
});
