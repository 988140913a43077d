import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { agentsOf } from "../../cli/agents/seen";
import { scriptText } from "../run";
import { playedPod } from "./testing";

const folder = mkdtempSync(join(tmpdir(), "homelab-agents-"));
/** What it says with another folder in the place of /etc and /var/log. */
const said = (etc: string, before = "") => {
  const text = before + scriptText("agents").replace(/\/(etc|var\/log)\//g, `${etc}/`);
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

it("says what an agent did last, last: journalctl begins with the newest when it looks for words", () => {
  const units = join(folder, "containers/systemd");
  mkdirSync(units, { recursive: true });
  writeFileSync(join(units, "agent-mail-1.container"), "");
  const lines = [
    { what: "took", id: 7, correlation_id: "abc", try: 1 },
    { what: "done", id: 7 },
  ];
  writeFileSync(
    join(folder, "journal"),
    lines
      .map((line, i) => {
        const at = String((Math.floor(Date.now() / 1000) - 60 + i) * 1_000_000);
        return `${JSON.stringify({ MESSAGE: JSON.stringify(line), __REALTIME_TIMESTAMP: at })}\n`;
      })
      .join(""),
  );
  const played = `timeout() { "\${@:2}"; }
systemctl() { printf 'ActiveState=active\nSubState=running\nNRestarts=0\nStateChangeTimestamp=@1\n'; }
journalctl() { case " $* " in *" -r "* | *" -g "*" -n "*) tac ${folder}/journal ;; *) cat ${folder}/journal ;; esac; }
`;
  const { agents } = agentsOf({ rows: said(folder, played).map((line) => line.split("\t")), ended: "well" });
  expect(agents).toMatchObject([{ name: "agent-mail-1", running: true, waitsFor: "a task" }]);
  expect(agents[0]?.task).toBeUndefined();
});

it("says of agents that are pods what it says of others, and of one that a schedule began only while it runs", async () => {
  const pods = join(folder, "pods");
  const busy = playedPod(pods, "agent-mail-7d9f6c5b4", [
    [500, "done"],
    [400, "took"],
  ]);
  const over = playedPod(pods, "agent-mail-29412345", [[400, "took"]]);
  const crashed = playedPod(pods, "agent-mail-6c5b47d9f", [[400, "took"]]);
  await Promise.all([busy.runs, over.runs, crashed.runs]);
  over.end();
  crashed.end();
  await Promise.all([over.ended, crashed.ended]);
  const { agents, unknown } = agentsOf({
    rows: said(folder).map((line) => line.split("\t")),
    ended: "well",
  });
  busy.end();
  await busy.ended;
  expect(agents).toMatchObject([
    { name: crashed.name, running: false, state: "failed", restarts: 1 },
    { name: busy.name, running: true, state: "active", restarts: 1, speaks: true },
  ]);
  expect(unknown).toEqual(["NATS did not answer: how many tasks wait is not known."]);
});
