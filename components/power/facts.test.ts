import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "facts-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Puts a program in the place of the node's own; returns where it is. */
function program(name: string, body: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/bash\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}
/** The lines that facts.sh says, those that match. */
function facts(kind: RegExp): readonly string[] {
  const { stdout } = spawnSync("bash", [join(__dirname, "scripts/facts.sh"), "22", join(directory, "cpu")], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${directory}:${process.env.PATH ?? ""}` },
  });
  return stdout.split("\n").filter((line) => kind.test(line));
}

/** What facts.sh says of sessions where `loginctl show-session` of the second one does `second`. */
function sessions(second: string): readonly string[] {
  program(
    "loginctl",
    `case "$1 $2" in
list-sessions*) printf '1 1000 ada seat0 -\\n2 1001 bob seat0 -\\n' ;;
"show-session 1") printf 'Class=user\\nName=ada\\n' ;;
*) ${second} ;;
esac`,
  );
  return facts(/^session\t|who is logged in/);
}

describe("who is logged in", () => {
  it("is every session of a person", () => {
    expect(sessions("printf 'Class=user\\nName=bob\\n'")).toEqual([
      "session\tada is logged in",
      "session\tbob is logged in",
    ]);
  });

  it("is nobody who is only asked for a name, nor a manager of systemd", () => {
    expect(sessions("printf 'Class=greeter\\nName=gdm\\n'")).toEqual(["session\tada is logged in"]);
    expect(sessions("printf 'Class=manager\\nName=bob\\n'")).toEqual(["session\tada is logged in"]);
  });

  it("is nobody whose session ended between the list and the look", () => {
    expect(sessions(`echo "Failed to get path for session '2': No session '2' known" >&2; exit 1`)).toEqual([
      "session\tada is logged in",
    ]);
    expect(sessions(`echo "Unknown object '/org/freedesktop/login1/session/_32'." >&2; exit 1`)).toEqual([
      "session\tada is logged in",
    ]);
  });

  it("cannot be told where a session cannot be asked for", () => {
    expect(sessions("echo 'Connection timed out' >&2; exit 1")).toEqual([
      "session\tada is logged in",
      "unknown\twho is logged in\tConnection timed out",
    ]);
  });
});

describe("pods of Jobs", () => {
  const job = "job\ta pod of a Job runs";

  it.each([
    ["is what the unit runs", ""],
    [
      "is begun by a script that finds its server",
      "/usr/local/lib/find-server.sh /etc/config.yaml 100.64.0.1 ",
    ],
  ])("are seen where K3s %s", (_, script) => {
    const k3s = program("k3s", `case "$*" in *containers*) echo pod-1 ;; *) echo 'pod-1 42 RUNNING' ;; esac`);
    const run = `${script}${k3s} agent --config /etc/config.yaml`;
    program(
      "systemctl",
      `case "$*" in
*is-active*) exit 0 ;;
*ExecStart*) echo '{ path=${run.split(" ")[0] ?? ""} ; argv[]=${run} ; ignore_errors=no ; start_time=[n/a] ; pid=7 }' ;;
esac`,
    );
    expect(facts(/^job\t|which pods run/)).toEqual([job]);
  });
});
