import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const run = "0f8fad5b-d9cb-469f-a165-70867728950e";
const other = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const begin = (id: string) => `run long ${id} 1.1 ${"0".repeat(32)}\n`;

/** scripts/door.sh with systemd played: a unit takes 0.7 s to be begun, and ends when it is stopped. */
describe("what a worker asks of its node", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const played: Readonly<Record<string, string>> = {
    "systemd-run": `touch "$F/beginning"; sleep 0.7; touch "$F/active"`,
    systemctl: `case $1 in
      show) [ -e "$F/active" ] && echo active || echo inactive ;;
      stop) rm "$F/active"; printf 'failure\\tended by signal TERM\\n' >"$F/state/runs/$(cat "$F/state/now/long").1.1" ;;
    esac`,
    journalctl: "true",
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
