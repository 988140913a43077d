import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { playedPod } from "../../remote/agent/testing";
import { watchScripts } from "./watch";

const folder = mkdtempSync(join(tmpdir(), "homelab-agents-watch-"));
/** As nats-server 2.15 writes it. */
const jsz = {
  streams: 1,
  account_details: [
    {
      name: "HOUSE",
      stream_detail: [
        {
          name: "AGENTS",
          state: { messages: 14, num_subjects: 1 },
          consumer_detail: [
            {
              ...{ stream_name: "AGENTS", name: "mail", num_ack_pending: 8, num_redelivered: 1 },
              ...{ num_waiting: 2, num_pending: 5 },
            },
          ],
        },
        {
          name: "OTHER",
          consumer_detail: [{ stream_name: "OTHER", name: "reader", num_pending: 99 }],
        },
      ],
    },
  ],
};
const play = (program: string, script: string) => {
  writeFileSync(join(folder, program), `#!/bin/bash\n${script}\n`);
  chmodSync(join(folder, program), 0o755);
};
const written = () => {
  execFileSync(
    join(folder, "watch.sh"),
    ["8222", join(folder, "metrics"), folder, "AGENTS", join(folder, "pods")],
    {
      env: { PATH: `${folder}:${process.env.PATH ?? ""}` },
    },
  );
  return readFileSync(join(folder, "metrics/homelab_agents.prom"), "utf8");
};

beforeAll(() => {
  mkdirSync(join(folder, "metrics"));
  for (const { path, content } of watchScripts(folder)) writeFileSync(path, content, { mode: 0o755 });
  for (const number of [1, 2, 3]) writeFileSync(join(folder, `agent-mail-${number}.container`), "");
  writeFileSync(join(folder, "jsz"), JSON.stringify(jsz, undefined, 2));
  play("curl", `cat ${folder}/jsz`);
  play(
    "systemctl",
    "case $2 in agent-mail-1.service) echo active ;; agent-mail-2.service) echo activating ;; *) echo inactive; exit 3 ;; esac",
  );
  const line = (ago: number, what: string) =>
    `echo "$((EPOCHSECONDS - ${ago})).5 desktop agent[1]: {\\"id\\": 7, \\"what\\": \\"${what}\\"}"`;
  play(
    "journalctl",
    `case "$3" in
agent-mail-1.service) ${line(500, "done")}; ${line(400, "took")}; ${line(10, "waits")} ;;
*) ${line(9000, "failed")}; ${line(700, "took")}; ${line(600, "failed")} ;;
esac`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it("tells of each pool's queue, how long each agent has had its task, and what it gave up within the hour", () => {
  const [first = "", ...rest] = written()
    .trimEnd()
    .split("\n")
    .filter((line) => line.startsWith("homelab_agent_task_seconds"));
  expect(Number(first.split(" ")[1])).toBeGreaterThanOrEqual(399);
  expect(Number(first.split(" ")[1])).toBeLessThan(460);
  expect(rest).toEqual(['homelab_agent_task_seconds{agent="agent-mail-2"} 0']);
  expect(written()).toContain(
    'homelab_agents_taken{pool="mail"} 8\nhomelab_agents_again{pool="mail"} 1\nhomelab_agents_waiting{pool="mail"} 5\n',
  );
  // Fourteen are there, five wait, and eight are taken.
  expect(written()).toContain("homelab_agents_stranded 1\n");
  expect(written()).toContain('homelab_agent_failed{agent="agent-mail-1"} 0\n');
  expect(written()).toContain('homelab_agent_failed{agent="agent-mail-2"} 1\n');
  expect(written()).not.toMatch(/reader|mail-3/);
});

it("tells of agents that are pods, too, while they run", async () => {
  const pod = playedPod(join(folder, "pods"), "agent-mail-7d9f6c5b4", [[400, "took"]]);
  await pod.runs;
  expect(written()).toMatch(
    new RegExp(`^homelab_agent_task_seconds\\{agent="${pod.name}"\\} (399|4\\d\\d)$`, "m"),
  );
  pod.end();
  await pod.ended;
  expect(written()).not.toContain(pod.name);
});

it("says nothing of the queues when NATS does not answer, and goes on telling of the agents", () => {
  play("curl", "exit 7");
  expect(written()).not.toContain("homelab_agents_");
  expect(written()).toContain('homelab_agent_failed{agent="agent-mail-1"} 0\n');
});
