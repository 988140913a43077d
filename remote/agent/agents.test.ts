import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { scriptText } from "../run";

const folder = mkdtempSync(join(tmpdir(), "homelab-agents-"));
/** What it says with another folder in the place of /etc. */
const said = (etc: string, before = "") => {
  const text = before + scriptText("agents").replace(/\/etc\//g, `${etc}/`);
  const { stdout } = spawnSync("bash", ["-c", text], { encoding: "utf8", input: "seconds\t2\nend\n" });
  return stdout.split("\n");
};

beforeAll(() => {
  mkdirSync(join(folder, "homelab/nats"), { recursive: true });
  writeFileSync(join(folder, "homelab/nats/nats.conf"), 'http: "127.0.0.1:8222"\n');
  const queue = { stream_name: "AGENTS", name: "mail", num_ack_pending: 8, num_pending: 5 };
  const streams = { account_details: [{ stream_detail: [{ name: "AGENTS", consumer_detail: [queue] }] }] };
  // As nats-server writes it.
  writeFileSync(join(folder, "jsz"), JSON.stringify(streams, undefined, 2));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it("a node with no agents, no NATS and no gateway is seen whole: there is nothing", () => {
  expect(said("/nowhere").slice(1).sort()).toEqual(["", "done\tgateway", "done\tqueues", "done\tunits"]);
});

it("says of each queue what JetStream counts", () => {
  const curl = `curl() { [[ $* = *127.0.0.1:8222/jsz* ]] && cat ${folder}/jsz; }; timeout() { "\${@:2}"; }\n`;
  expect(said(folder, curl).filter((line) => line.startsWith("queue"))).toEqual([
    "queue\tAGENTS\tmail\tnum_ack_pending\t8",
    "queue\tAGENTS\tmail\tnum_pending\t5",
  ]);
});
