import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeNames, type NodeName } from "../../topology";
import { find, now, query } from "../support/alerts";
import { until } from "../support/until";
import { onNode } from "../support/lab";

/** With `lab/observability on`. */

/** Lines of a name of its own into a node's journal: of a unit journald takes 10,000 in half a minute, so of several units. */
const say = (node: NodeName, name: string, lines: number, text: string) =>
  onNode(
    node,
    `for ((from = 1; from <= ${lines}; from += 10000)); do to=$((from + 9999)); [ $to -le ${lines} ] || to=${lines}; ` +
      `systemd-run --quiet --wait --collect --property SyslogIdentifier=${name} seq -f '${text}' $from $to; done`,
  );
const fresh = () => `homelab-test-${randomBytes(4).toString("hex")}`;

describe("what a node says", () => {
  it.each(nodeNames)("arrives from %s, with who said it", async (node) => {
    const name = fresh();
    say(node, name, 1, "said %.0f");
    const [line] = await until(
      "that it arrived",
      () => {
        const found = find(`_time:1h SYSLOG_IDENTIFIER:="${name}"`);
        return found.length > 0 ? found : undefined;
      },
      60,
    );
    expect(line).toMatchObject({ _msg: "said 1", _HOSTNAME: node });
  });

  it("is found by its correlation id, and ten thousand of them make no stream", async () => {
    const name = fresh();
    const count = (logsql: string, of: string) => Number(find(logsql)[0]?.[of]);
    const streams = () =>
      count("_time:1d | stats by (_stream_id) count() n | stats count() streams", "streams");
    const before = streams();
    const id = randomBytes(16).toString("hex");
    say("desktop", name, 10_000, `correlation_id=%032.0f`);
    say("desktop", name, 1, `asked correlation_id=${id} %.0f`);
    const found = await until(
      "that it arrived",
      () => {
        const lines = find(`_time:1h CORRELATION_ID:="${id}" SYSLOG_IDENTIFIER:="${name}"`);
        return lines.length > 0 ? lines : undefined;
      },
      120,
    );
    expect(found.map((line) => line._msg)).toEqual([`asked correlation_id=${id} 1`]);
    const ids = `_time:1h SYSLOG_IDENTIFIER:="${name}" | stats count_uniq(CORRELATION_ID) ids`;
    expect(count(ids, "ids")).toBe(10_001);
    // A stream is a unit of a node: ids are none.
    expect(streams() - before).toBeLessThan(100);
  });

  it("has no secret in it when it leaves the node", async () => {
    const name = fresh();
    const planted = randomBytes(12).toString("hex");
    const line = `asked https://ada:${planted}@example.org with token=${planted} and --password ${planted} so`;
    onNode(
      "desktop",
      `systemd-cat -t ${name} cat`,
      `${line}\n{"api_key": "${planted}"}\nBearer ${planted}\n`,
    );
    const found = await until(
      "that it arrived",
      () => {
        const lines = find(`_time:1h SYSLOG_IDENTIFIER:="${name}"`);
        return lines.length === 3 ? lines : undefined;
      },
      60,
    );
    // Written at once, they may be of one moment: in any order.
    expect(new Set(found.map((one) => one._msg))).toEqual(
      new Set([
        "asked https://ada:[redacted]@example.org with token=[redacted] and --password [redacted] so",
        '{"api_key": "[redacted]"}',
        "Bearer [redacted]",
      ]),
    );
    // Nowhere at all: neither in a line nor in a field.
    expect(find(`_time:1h ~"${planted}" | stats count() found`)[0]?.found).toBe("0");
    expect(
      find(`_time:1h SYSLOG_IDENTIFIER:="${name}"`).filter((one) => JSON.stringify(one).includes(planted)),
    ).toEqual([]);
    expect(onNode("desktop", `journalctl -t ${name} -o cat`)).toContain(planted);
  });
});

// Files by hand, as containerd writes them: there need be no cluster. Where there is one, kubelet takes away each minute what
// belongs to no pod of its own: then again.
describe("what a pod says", { retry: 2 }, () => {
  const root = "/var/log/pods";
  const folderOf = (pod: string) => `${root}/test_${pod}_0b1c/talker`;
  /** Puts lines into a file that are `STREAM TAG TEXT`. */
  const writer = `write() { while IFS= read -r part; do echo "$(date -u +%FT%T.%NZ) $part"; done >>"$1"; }`;
  afterAll(() => {
    onNode("desktop", `rm -rf ${root}/test_homelab-test-*`);
  });
  const said = (pod: string, lines: number) =>
    until(
      "that it arrived",
      () => {
        const found = find(`_time:1h POD_NAME:="${pod}" | sort by (_time)`);
        return found.length >= lines ? found : undefined;
      },
      60,
    );

  it("arrives with the fields that the journal's lines have, its parts together, without the secret", async () => {
    const [pod, id, planted] = [fresh(), randomBytes(16).toString("hex"), randomBytes(12).toString("hex")];
    onNode(
      "desktop",
      `${writer}; mkdir -p ${folderOf(pod)} && write ${folderOf(pod)}/0.log`,
      `stdout P asked correlation_id=${id} with pass\nstdout F word=${planted} so\nstderr F failed\n`,
    );
    const found = await said(pod, 2);
    const who = {
      ...{ _HOSTNAME: "desktop", POD_NAMESPACE: "test", POD_NAME: pod },
      ...{ CONTAINER_NAME: "talker", SYSLOG_IDENTIFIER: "talker" },
    };
    expect(found).toMatchObject([
      { ...who, _msg: `asked correlation_id=${id} with password=[redacted] so`, CORRELATION_ID: id },
      { ...who, _msg: "failed", PRIORITY: "4", level: "warning" },
    ]);
    // Neither an id nor a pod makes a stream.
    expect(found[0]?._stream).toContain("talker");
    expect(found[0]?._stream).not.toContain(pod);
    expect(find(`_time:1h CORRELATION_ID:="${id}"`)).toHaveLength(1);
    expect(find(`_time:1h ~"${planted}" | stats count() found`)[0]?.found).toBe("0");
  });

  it("is not lost when its file is rotated, and comes once", async () => {
    const pod = fresh();
    onNode(
      "desktop",
      `${writer}; mkdir -p ${folderOf(pod)} && cd ${folderOf(pod)} && seq -f 'stdout F line %.0f' 1 50 | write 0.log; sleep 3; ` +
        `seq -f 'stdout F line %.0f' 51 100 | write 0.log; mv 0.log 0.log.20251129-120000; ` +
        `seq -f 'stdout F line %.0f' 101 150 | write 0.log`,
    );
    const found = await said(pod, 150);
    expect(found.map(({ _msg }) => _msg)).toEqual(
      Array.from({ length: 150 }, (_, index) => `line ${index + 1}`),
    );
  });
});

const lines = Number(process.env.LOG_LINES ?? 100_000);
const away = Number(process.env.LOG_SECONDS_AWAY ?? 30);

describe("an engine that is away, and a shipper that is killed meanwhile", () => {
  beforeAll(() => {
    onNode("storage", "systemctl stop victoria-logs");
  });
  afterAll(() => {
    onNode("storage", "systemctl start victoria-logs");
  });

  it(`costs none of ${lines} lines, brings none twice, and is seen`, async () => {
    const name = fresh();
    const kill = () => onNode("desktop", "podman kill --signal KILL homelab-journal-upload");
    say("desktop", name, lines, "line %09.0f");
    await until(
      "that all are in the journal",
      () => onNode("desktop", `journalctl -t ${name} -o cat | wc -l`).trim() === String(lines) || undefined,
      120,
    );
    const began = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 400 * away));
    kill();
    await new Promise((resolve) => setTimeout(resolve, 400 * away));
    await until(
      "that it runs again",
      () => onNode("desktop", "podman ps -q --filter name=homelab-journal-upload") !== "" || undefined,
      60,
    );
    kill();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1000 * away - (Date.now() - began))));
    now("desktop", "homelab-metrics.service");
    const behind = await until(
      "that it is seen",
      () => {
        const [sample] = query('homelab_logs_behind_seconds{node="desktop"} > 5');
        return sample === undefined ? undefined : Number(sample.value[1]);
      },
      90,
    );
    expect(behind).toBeGreaterThan(5);
    const back = Date.now();
    onNode("storage", "systemctl start victoria-logs");
    const counts = await until(
      "that all arrived",
      () => {
        const [row] = find(
          `_time:1d SYSLOG_IDENTIFIER:="${name}" | stats count() all, count_uniq(_msg) different`,
        );
        return Number(row?.different) >= lines ? row : undefined;
      },
      400,
    );
    console.log(
      `${lines} lines after ${away} s away: ${JSON.stringify(counts)}, ${((Date.now() - back) / 1000).toFixed(0)} s after it was back`,
    );
    expect(counts).toEqual({ all: String(lines), different: String(lines) });
  });
});
