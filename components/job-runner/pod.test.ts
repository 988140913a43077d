import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** scripts/pod.sh with a played cluster: what it answers next is in files, and what it was asked is written down. */
const k3s = `#!/bin/bash
here=$(dirname "$0")
words="$*"
verb=
for word in "\${@:2}"; do case $word in create | delete | get | logs) verb=$word; break ;; esac; done
echo "\${words#kubectl --namespace jobs }" >>"$here/asked"
next() { # FILE: its first line, which goes unless it is the last
  head -n 1 "$here/$1"
  [ "$(wc -l <"$here/$1")" -eq 1 ] || sed -i 1d "$here/$1"
}
case $verb in
  create)
    cat >"$here/created"
    answer=$(next create)
    [ "$answer" = made ] || { echo "$answer" >&2; exit 1; } ;;
  get)
    answer=$(next pods)
    [ "$answer" != away ] || exit 1
    [ "$answer" = none ] || printf '%s\\n' "$answer" ;;
  logs)
    answer=$(next logs)
    printf '%b' "\${answer%!}"
    [ "\${answer%!}" = "$answer" ] || exit 1
    case $words in *--follow*) sleep "$(cat "$here/runs")" ;; esac ;;
esac
exit 0
`;

let folder: string;
let begun: ChildProcess[];
/** All of a unit. */
const kill = ({ pid, exitCode, signalCode }: ChildProcess) => {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGKILL");
};
beforeEach(() => {
  begun = [];
  folder = mkdtempSync(join(tmpdir(), "homelab-pod-"));
  writeFileSync(join(folder, "k3s"), k3s, { mode: 0o755 });
  // Nobody waits here.
  writeFileSync(
    join(folder, "sleep"),
    '#!/bin/bash\nexec /bin/sleep "$(case $1 in 60) echo 60 ;; *) echo 0.02 ;; esac)"\n',
    {
      mode: 0o755,
    },
  );
});
afterEach(() => {
  for (const child of begun) kill(child);
  rmSync(folder, { recursive: true });
});

interface Answers {
  readonly create?: readonly string[];
  /** Name, phase, exit status, and the words of what the pod is. */
  readonly pods: readonly string[];
  /** What the log has each time; one that ends with ! breaks off. */
  readonly logs?: readonly string[];
  /** How long the pod is followed, seconds. */
  readonly runs?: number;
}

function begin({ create = ["made"], pods, logs = [""], runs = 0 }: Answers, patience = 300) {
  for (const [file, lines] of Object.entries({ create, pods, logs, runs: [String(runs)] }))
    writeFileSync(join(folder, file), `${lines.join("\n")}\n`);
  const child = spawn(
    join(__dirname, "scripts/pod.sh"),
    [join(folder, "k3s"), "/etc/kubeconfig", "jobs", "thumbs"],
    {
      detached: true,
      env: {
        PATH: `${folder}:/usr/bin:/bin`,
        HOMELAB_CORRELATION_ID: "c1d",
        TRACEPARENT: "00-c1d-7-01",
        HOMELAB_PATIENCE_SECONDS: String(patience),
      },
    },
  );
  begun.push(child);
  child.stdin.end('{"id":"@HOMELAB_CORRELATION_ID@","of":"@TRACEPARENT@"}\n');
  let said = "";
  child.stdout.on("data", (data: Buffer) => (said += data.toString()));
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  const ends = new Promise<{ status: number | null; signal: string | null; said: string }>((resolve) => {
    child.on("close", (status, signal) => {
      resolve({ status, signal, said });
    });
  });
  return {
    ends,
    stop: () => {
      // As KillMode=mixed has it: what the script asks for its pod's end with is spared.
      child.kill("SIGTERM");
    },
    said: () => said,
  };
}
const asked = () =>
  readFileSync(join(folder, "asked"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^--request-timeout=\S+ /, ""));
const deleted = (seconds: number) =>
  `delete job thumbs --ignore-not-found --cascade=foreground --timeout=${seconds}s`;

const [pending, running] = ["thumbs-x|Pending||||ContainerCreating|", "thumbs-x|Running|||||"];
const ended = (status: number, reason = "Error") => `thumbs-x|Failed|${status}|${reason}|||`;
const succeeded = "thumbs-x|Succeeded|0|Completed|||";

describe("a job that is an image", () => {
  it("takes away what a killed one left, is begun with the run's ids, and ends as its pod does with all its lines", async () => {
    const { status, said } = await begin({
      pods: ["none", pending, running, succeeded],
      logs: [
        "2026-01-01T00:00:01.1Z one\\n2026-01-01T00:00:01.2Z  two\\n",
        "2026-01-01T00:00:01.2Z  two\\n2026-01-01T00:00:02.0Z last",
      ],
    }).ends;
    expect([status, said]).toEqual([0, "one\n two\nlast\n"]);
    expect(JSON.parse(readFileSync(join(folder, "created"), "utf8"))).toEqual({
      id: "c1d",
      of: "00-c1d-7-01",
    });
    expect(asked().slice(0, 2)).toEqual([deleted(60), "create -f -"]);
    expect(asked().at(-1)).toBe("logs thumbs-x --timestamps --since-time=2026-01-01T00:00:01.2Z");
  });

  it("has its pod's exit status, and a word where memory was short or somebody ended it", async () => {
    expect(await begin({ pods: [ended(7)] }).ends).toMatchObject({ status: 7, said: "" });
    expect(await begin({ pods: [ended(137, "OOMKilled")] }).ends).toMatchObject({
      ...{ status: 137, said: "It was ended because it took more memory than it may.\n" },
    });
    expect(await begin({ pods: ["thumbs-x|Failed|||Evicted||"] }).ends).toMatchObject({
      ...{ status: 1, said: "Its pod was ended: Evicted\n" },
    });
  });

  it("goes on where the cluster's server is away, and says no line twice", async () => {
    const line = (second: number) => `2026-01-01T00:00:0${second}.0Z line ${second}\\n`;
    const { status, said } = await begin({
      create: ["The connection to the server was refused", "Error from server (AlreadyExists): jobs"],
      pods: [running, "away", "away", running, ended(3)],
      logs: [`${line(1)}!`, `${line(1)}${line(2)}`, `!`, `${line(2)}${line(3)}`],
    }).ends;
    expect([status, said]).toEqual([3, "line 1\nline 2\nline 3\n"]);
  });

  it("is not begun where the cluster refuses it, which is said at once", async () => {
    const { status, said } = await begin({
      create: [
        "Error from server (Forbidden): User cannot create resource yet",
        "Error from server (Forbidden): ValidatingAdmissionPolicy: A job of the house runs on desktop.",
      ],
      pods: ["none"],
    }).ends;
    expect(status).toBe(1);
    expect(said).toBe(
      "The cluster refused to begin thumbs: Error from server (Forbidden): ValidatingAdmissionPolicy: A job of the house runs on desktop.\n",
    );
  });

  it("that does not begin in time has failed with the reason, and its pod does not begin later", async () => {
    const why = "ErrImagePull|no such tag";
    const { status, said } = await begin({ pods: [`thumbs-x|Pending||||${why}`] }, 1).ends;
    expect([status, said]).toEqual([1, "It did not begin within 1 seconds: ErrImagePull: no such tag\n"]);
    expect(asked().at(-1)).toBe(deleted(45));
  });

  it("whose pod somebody deleted has failed with a word", async () => {
    const { status, said } = await begin({ pods: [running, "none"] }).ends;
    expect(status).toBe(1);
    expect(said).toBe("Its pod was taken away: somebody deleted it, or the node left the cluster.\n");
  });

  it("takes its pod along when it is told to end, and ends by the signal", async () => {
    const run = begin({ pods: [running], logs: ["2026-01-01T00:00:01.1Z one\\n"], runs: 60 });
    await expect.poll(run.said, { timeout: 20_000 }).toBe("one\n");
    run.stop();
    expect(await run.ends).toEqual({ status: null, signal: "SIGTERM", said: "one\n" });
    expect(asked().at(-1)).toBe(deleted(45));
  });
});
