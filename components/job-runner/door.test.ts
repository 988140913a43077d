import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const run = "0f8fad5b-d9cb-469f-a165-70867728950e";
const other = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const cid = "0".repeat(32);
const begin = (id: string) => `run long ${id} 1.1 ${cid}\n`;
const watch = (id: string, attempt = "2.1") => `watch long ${id} ${attempt} ${cid}\n`;

/** scripts/door.sh with systemd played: a unit takes 0.7 s to be begun, and ends when it is stopped. */
describe("what a worker asks of its node", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const played: Readonly<Record<string, string>> = {
    "systemd-run": `printf . >>"$F/begun"; touch "$F/beginning"; sleep 0.7; touch "$F/active"`,
    systemctl: `case $1 in
      show)
        if [[ $* = *ExecStopPost* ]]; then echo "$F/state/runs/$(cat "$F/state/now/long").1.1"
        elif [ -e "$F/active" ]; then echo active; else echo inactive; fi ;;
      stop) rm "$F/active"; printf 'failure\\tended by signal TERM\\n' >"$F/state/runs/$(cat "$F/state/now/long").1.1" ;;
    esac`,
    journalctl: `while [ $# -gt 0 ]; do if [ "$1" = --cursor-file ]; then touch "$2"; fi; shift; done`,
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "homelab-door-"));
    mkdirSync(at("bin"));
    for (const [name, script] of Object.entries(played)) {
      writeFileSync(at(`bin/${name}`), `#!/bin/bash\n${script}\n`);
      chmodSync(at(`bin/${name}`), 0o755);
    }
    const text = readFileSync(join(__dirname, "scripts/door.sh"), "utf8");
    writeFileSync(at("door.sh"), text.replace("state=/run/homelab/jobs", `state=${at("state")}`));
    writeFileSync(at("declared"), `long\targument\t${Buffer.from("/bin/sleep").toString("base64")}\n`);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const how = () => ({ env: { PATH: `${at("bin")}:${process.env.PATH ?? ""}`, F: folder } });
  const ask = (question: string) =>
    spawnSync("bash", [at("door.sh"), at("declared")], { ...how(), input: question, encoding: "utf8" })
      .stdout;
  /** What is answered until the job has ended. */
  function asked(question: string): Promise<string> {
    const door = spawn("bash", [at("door.sh"), at("declared")], how());
    door.stdin.end(question);
    let said = "";
    door.stdout.on("data", (data: Buffer) => (said += data.toString()));
    return new Promise((resolve) =>
      door.once("close", () => {
        resolve(said);
      }),
    );
  }
  const until = (name: string) => vi.waitUntil(() => existsSync(at(name)), { timeout: 10_000, interval: 20 });

  it("stops a job that is just being begun", async () => {
    const answer = asked(begin(run));
    await until("beginning");
    expect(ask(`stop long ${run}\n`)).toBe("stopped\thomelab-job-long.service\n");
    expect(await answer).toBe("begun\thomelab-job-long.service\nended\tfailure\tended by signal TERM\n");
  });

  const began = "begun\thomelab-job-long.service\n";
  /** As ended.sh notes an end. */
  const ends = (id: string, attempt: string, how: string) => {
    rmSync(at("active"), { force: true });
    writeFileSync(at(`state/runs/${id}.${attempt}`), `${how}\n`);
  };
  const count = () => readFileSync(at("begun"), "utf8").length;

  it("watches a job on whose worker was lost while it runs, and begins nothing", async () => {
    const lost = asked(begin(run));
    await until("active");
    const next = asked(watch(run));
    await new Promise((resolve) => setTimeout(resolve, 500));
    ends(run, "1.1", "success\t");
    expect(await next).toBe(`${began}ended\tsuccess\t\n`);
    await lost;
    expect(count()).toBe(1);
  });

  it("says how a job ended while no worker looked, also while another run of it goes on", async () => {
    const lost = asked(begin(run));
    await until("active");
    ends(run, "1.1", "failure\texit status 3");
    await lost;
    expect(ask(watch(run))).toBe(`${began}ended\tfailure\texit status 3\n`);
    const beside = asked(begin(other));
    await until("active");
    expect(ask(watch(run))).toBe(`${began}ended\tfailure\texit status 3\n`);
    ask(`stop long ${other}\n`);
    await beside;
    expect(count()).toBe(2);
  });

  it("takes the last of several ends, and begins nothing where it knows of none", () => {
    mkdirSync(at("state/runs"), { recursive: true });
    ends(run, "1.2", "success\t");
    ends(run, "1.1", "failure\texit status 3");
    utimesSync(at(`state/runs/${run}.1.1`), 1, 1);
    expect(ask(watch(run))).toBe(`${began}ended\tsuccess\t\n`);
    expect(ask(watch(other))).toBe("lost\tits worker vanished, and nothing is known of how it ended\n");
    expect(existsSync(at("begun"))).toBe(false);
  });

  it("stops no job of another run, and begins none beside it", async () => {
    const answer = asked(begin(run));
    await until("active");
    expect(ask(`stop long ${other}\n`)).toBe("nothing runs\n");
    expect(ask(begin(other))).toBe(`busy\trun ${run} of long still runs as homelab-job-long.service\n`);
    expect(existsSync(at("active"))).toBe(true);
    ask(`stop long ${run}\n`);
    await answer;
  });
});
