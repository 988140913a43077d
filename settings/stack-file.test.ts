import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { loadTopology } from "../topology";
import { loadStackFile } from ".";
import { configurationIn } from "./stack-file";

const topology = loadTopology(join(__dirname, "../tests/fixtures/topology.yaml"));
const folder = mkdtempSync(join(tmpdir(), "homelab-stack-file-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const load = (text: string) => {
  writeFileSync(join(folder, "Pulumi.desktop.yaml"), text);
  return loadStackFile("desktop", folder, topology);
};

it("a stack file is read without its passphrase: what is encrypted there is not known", () => {
  const { workloads, nats } = load(`
encryptionsalt: v1:abc
config:
  aws:region: nowhere
  homelab:sshIdentity: ~/.ssh/a-key-of-another-computer
  homelab:nats: { enabled: true }
  homelab:workloads:
    familiar:
      image: registry.example.org/familiar:1.4.2
      secrets: { OPENAI_API_KEY: { secure: v1:AAAA } }
      environment: { NATS_URL: "\${NATS_URL}" }
`);
  expect(nats.enabled).toBe(true);
  expect(workloads.familiar?.secrets).toEqual({ OPENAI_API_KEY: "https://secret.invalid" });
});

it("a stack file without settings has every default", () => {
  expect(load("encryptionsalt: v1:abc\n").workloads).toEqual({});
});

it("a stack file is checked as in a run of Pulumi", () => {
  expect(() =>
    load("config: { 'homelab:nats': { enabled: true, port: 9100 }, 'homelab:metrics': { enabled: true } }"),
  ).toThrow(/9100/);
});

it("a folder without the stack file is answered with where it was looked for", () => {
  expect(() => loadStackFile("storage", folder, topology)).toThrow(
    /Pulumi\.storage\.yaml cannot be read: the stack files .* are looked for beside the topology file\./,
  );
});

it("a stack file may have no configuration, and has lists and flags as the engine hands them over", () => {
  expect(configurationIn("")).toEqual({});
  expect(configurationIn("config:\n")).toEqual({});
  expect(configurationIn("config:\n  a:b: true\n  a:c: [1, { secure: x }]\n")).toEqual({
    "a:b": "true",
    "a:c": '[1,"https://secret.invalid"]',
  });
});

it("a secret of any form may be encrypted: a URL, a token, a key", () => {
  const secure = "{ secure: v1:AAAA }";
  const { alerts, mesh, inference } = load(`
config:
  homelab:metrics: { enabled: true }
  homelab:alerts: { enabled: true, webhook: ${secure}, discord: ${secure}, telegram: { chat: 7, token: ${secure} } }
  homelab:mesh: { enabled: true, authKey: ${secure} }
  homelab:inference: { accounts: { openai: { apiKey: ${secure} } } }
`);
  expect([alerts.webhook, alerts.telegram.token, mesh.authKey, inference.accounts.openai?.apiKey]).toEqual(
    Array(4).fill("https://secret.invalid"),
  );
});
