import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "facts-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** What facts.sh says of sessions where `loginctl show-session` of the second one does `second`. */
function sessions(second: string): readonly string[] {
  const loginctl = join(directory, "loginctl");
  writeFileSync(
    loginctl,
    `#!/bin/bash
case "$1 $2" in
list-sessions*) printf '1 1000 ada seat0 -\\n2 1001 bob seat0 -\\n' ;;
"show-session 1") printf 'Class=user\\nName=ada\\n' ;;
*) ${second} ;;
esac
`,
  );
  chmodSync(loginctl, 0o755);
  const { stdout } = spawnSync("bash", [join(__dirname, "scripts/facts.sh"), "22", join(directory, "cpu")], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${directory}:${process.env.PATH ?? ""}` },
  });
  return stdout.split("\n").filter((line) => /^session\t|who is logged in/.test(line));
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
