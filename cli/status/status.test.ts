import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { statusSections, type StatusSaid } from "../../remote/status";
import { nodeNames, type NodeName } from "../../topology/names";
import { project } from "../program/project";
import { painter } from "../terminal";
import { longest } from "./jobs";
import { statusOf } from "./look";
import { page, span, verdict } from "./page";

const nodes = {
  storage: { lifecycle: "always-on" },
  desktop: { lifecycle: "always-on" },
  compute: { lifecycle: "on-demand" },
} as const;
const now = 1_800_000_000;
const whole = statusSections.map((section) => `done\t${section}`);

const lines = (...all: readonly string[]): StatusSaid => ({
  rows: [`now\t${now}`, "booted\t1799990000", ...all].map((line) => line.split("\t")),
  ended: "well",
});
const service = (name: string, active = "active", ...more: readonly string[]) => [
  `unit\t${name}\tyes`,
  `systemd\t${name}\tLoadState\tloaded`,
  `systemd\t${name}\tActiveState\t${active}`,
  ...(more.length > 0 ? more : [`healthy\t${name}`]),
];
const well = lines(...service("postgres.service"), ...whole);
const silent: StatusSaid = { rows: [], ended: "unreachable" };

const seen = (said: Partial<Record<NodeName, StatusSaid>>) =>
  statusOf({ storage: well, desktop: well, compute: well, ...said }, nodes);
const plain = painter({}, {});
const only = (said: Partial<Record<NodeName, StatusSaid>>, node: NodeName) => {
  const status = seen(said);
  const found = status.nodes.find((each) => each.node === node);
  if (found === undefined) throw new Error(`no ${node}`);
  return { ...found, verdict: verdict(status), text: page(status, plain) };
};

describe("a house in which all is well", () => {
  it("is one line a node and its services, says what was not compared, and ends with 0", () => {
    const status = seen({});
    expect(verdict(status)).toBe(0);
    const text = page(status, plain);
    for (const node of nodeNames) expect(text).toMatch(new RegExp(`^${node} {2}on since `, "m"));
    expect(text).toContain("as declared: postgres\n");
    expect(text).toContain("What the stack files would change: homelab status --preview");
  });
});

describe("a node that is silent", () => {
  it("should be on when it is always on, whatever it said last", () => {
    const { power, says, verdict } = only(
      { desktop: silent, storage: lines("word\tdesktop\tpoweroff\t1799999000", ...whole) },
      "desktop",
    );
    expect([power, verdict]).toEqual(["unexpected", 1]);
    expect(says).toContain("it should always be on");
  });

  it.each(["sleep", "schedule", "idle", "poweroff"])("is off on purpose after the last word %s", (word) => {
    const storage = lines(`word\tcompute\ton\t1799990000`, `word\tcompute\t${word}\t1799999000`, ...whole);
    const { power, says, verdict } = only({ compute: silent, storage }, "compute");
    expect([power, verdict]).toEqual(["off", 0]);
    expect(says).toMatch(/^off on purpose since /);
  });

  it("was not put to sleep by anybody when its last word is that it came", () => {
    const storage = lines("word\tcompute\ton\t1799990000", ...whole);
    const { power, says, verdict } = only({ compute: silent, storage }, "compute");
    expect([power, verdict]).toEqual(["unexpected", 1]);
    expect(says).toContain("nobody put it to sleep");
  });

  it("is not said to be off on purpose where nobody who could know answers", () => {
    const { power, says } = only({ compute: silent, storage: silent, desktop: silent }, "compute");
    expect(power).toBe("not known");
    expect(says).toContain("whether on purpose is not known");
  });

  it("is not known, not off, when it accepts connections and does not answer in time", () => {
    const { power, says, verdict } = only({ desktop: { rows: [], ended: "late" } }, "desktop");
    expect([power, verdict]).toEqual(["not known", 3]);
    expect(says).toContain("did not answer in time");
  });

  it("is not known when it does not let in, with the reason", () => {
    const ended = { sentence: "desktop has another host key." };
    expect(only({ desktop: { rows: [], ended } }, "desktop").says).toBe(
      "not known: desktop has another host key.",
    );
  });
});

describe("a service", () => {
  const state = (...said: readonly string[]) => {
    const { services, verdict } = only({ storage: lines(...said) }, "storage");
    return { state: services[0]?.state, why: services[0]?.why.join("; "), verdict };
  };

  it.each([
    ["stopped", service("a.service", "inactive"), "not running", "inactive"],
    [
      "that has failed",
      [
        "unit\ta.service\tyes",
        "systemd\ta.service\tActiveState\tfailed",
        "systemd\ta.service\tResult\texit-code",
      ],
      "not running",
      "failed: exit-code",
    ],
    ["masked", ["unit\ta.service\tyes", "systemd\ta.service\tLoadState\tmasked"], "not running", "masked"],
    ["that is ill", service("a.service", "active", "ill\ta.service\tno answer"), "unhealthy", "no answer"],
    [
      "started over and over",
      [...service("a.service", "activating"), "systemd\ta.service\tNRestarts\t7"],
      "unhealthy",
      "started it 7 times",
    ],
    [
      "with a file changed by hand",
      [...service("a.service"), "differs\ta.service\t/etc/a.conf\tcontent"],
      "changed",
      "/etc/a.conf was changed by hand",
    ],
    [
      "with a file gone",
      [...service("a.service"), "differs\ta.service\t/etc/a\tmissing"],
      "changed",
      "is missing",
    ],
    [
      "with a drop-in",
      [...service("a.service"), "differs\ta.service\t/etc/x\tadded"],
      "changed",
      "was added by hand",
    ],
    [
      "that an earlier run left unfinished",
      ["unit\ta.service\tno", ...service("a.service").slice(1)],
      "changed",
      "not brought up to the end",
    ],
  ])("%s is not as declared, and the verdict is 1", (_what, said, is, why) => {
    const found = state(...said, ...whole);
    expect([found.state, found.verdict]).toEqual([is, 1]);
    expect(found.why).toContain(why);
  });

  it("whose health check did not answer in time is not known, and not as declared", () => {
    const late = whole.filter((line) => !line.endsWith("health"));
    const found = state(...service("a.service", "active", "systemd\ta.service\tType\tnotify"), ...late);
    expect([found.state, found.verdict]).toEqual(["not known", 3]);
  });

  it("of a node that did not say all of its services is not known", () => {
    const late = whole.filter((line) => !line.endsWith("units"));
    expect(state(...service("a.service"), ...late).state).toBe("not known");
  });

  it("without a note of its health check is not said to be healthy", () => {
    const { text, verdict } = only(
      { storage: lines(...service("a.service", "active", "health-unknown\ta.service"), ...whole) },
      "storage",
    );
    expect(text).toContain("health not known (noted there with its next change): a\n");
    expect(verdict).toBe(0);
  });
});

describe("a job of the backups", () => {
  const job = (...said: readonly string[]) => {
    const { jobs, verdict, text } = only({ storage: lines(...said, ...whole) }, "storage");
    return { ...jobs[0], verdict, text };
  };
  const told = (kind: string, success: number, age: number, refused = 0) => [
    `metric\thomelab_job_success{job_kind="${kind}"}\t${success}`,
    `metric\thomelab_job_refused{job_kind="${kind}"}\t${refused}`,
    `metric\thomelab_job_last_success_timestamp_seconds{job_kind="${kind}"}\t${now - age}`,
  ];
  const hour = 3600;

  it.each([
    [told("buckets", 1, 5 * hour), "ok", 0],
    [told("buckets", 1, 37 * hour), "overdue", 1],
    [told("buckets", 0, 5 * hour), "failed", 1],
    [told("buckets", 0, 5 * hour, 1), "refused", 1],
    [told("postgres-drill", 1, 8 * 24 * hour), "ok", 0],
    [told("postgres-drill", 1, 10 * 24 * hour), "overdue", 1],
    [told("off-node-wal", 1, 3 * hour), "overdue", 1],
    [[`timer\tbuckets\t${now - hour}`], "not yet", 0],
    [[`timer\tbuckets\t${now - 40 * hour}`], "overdue", 1],
    [[`timer\tdrill\t${now - 40 * hour}`], "not yet", 0],
  ])("%j is %s", (said, state, expected) => {
    const found = job(...said);
    expect([found.state, found.verdict]).toEqual([state, expected]);
  });

  it("is shown with its age", () => {
    expect(job(...told("buckets", 1, 5 * hour)).text).toMatch(/copy of the buckets +5 h ago$/m);
    expect(job(`timer\tbuckets\t${now - hour}`).text).toMatch(/copy of the buckets +not made yet$/m);
  });

  it("says what the backups complain of", () => {
    const { text, verdict } = job(
      "metric\thomelab_backup_wal_gap\t1",
      'metric\thomelab_backup_covered{kind="database",name="shop"}\t0',
    );
    expect(text).toContain("has a gap");
    expect(text).toContain("in no backup yet: database shop");
    expect(verdict).toBe(1);
  });
});

it("a job is overdue when its alert says so", () => {
  const rules = readFileSync(join(project, "components/backup-server/alerts.ts"), "utf8");
  const limits = new Map<string, number>();
  for (const [, kinds = "", limit = ""] of rules.matchAll(
    /last_success_timestamp_seconds\{job_kind=~?"([^"]+)"\}(?:\[[^\]]+\]\))? > ([\d *]+)/g,
  )) {
    const seconds = limit.split("*").reduce((product, factor) => product * Number(factor), 1);
    for (const kind of kinds.split("|")) limits.set(kind, seconds);
  }
  expect(longest).toEqual(Object.fromEntries(limits));
});

describe("replication and the cluster", () => {
  it("are shown where they are", () => {
    const storage = lines(
      ...service("postgres.service"),
      "pair\trole\tprimary",
      "pair\ttimeline\t3",
      "member\tcompute\tFalse\ttrue",
      ...whole,
    );
    const { text, verdict } = only({ storage }, "storage");
    expect(text).toMatch(/^ {2}storage +primary, active, timeline 3$/m);
    expect(text).toMatch(/^ {2}compute +not ready, takes no new pods$/m);
    expect(verdict).toBe(1);
  });

  it("do not call a node of the cluster wrong that is asleep", () => {
    const storage = lines("member\tcompute\tFalse\ttrue", "word\tcompute\tsleep\t1799999000", ...whole);
    expect(only({ storage, compute: silent }, "storage").verdict).toBe(0);
  });
});

it("a section that did not come is said to be unanswered, by its name", () => {
  const { text, verdict } = only({ storage: lines(...whole.slice(0, -1)) }, "storage");
  expect(text).toContain("did not answer in time: the cluster");
  expect(verdict).toBe(3);
});

it.each([
  [5, "5 s"],
  [119, "1 min"],
  [7200, "2 h"],
  [47 * 3600, "47 h"],
  [50 * 3600, "2 days"],
  [-3, "0 s"],
])("%i seconds are %s", (seconds, text) => {
  expect(span(seconds)).toBe(text);
});

describe("colours", () => {
  it("are for a terminal only, and not where somebody does without", () => {
    const paint = (isTTY: boolean, environment: NodeJS.ProcessEnv) =>
      painter({ isTTY }, environment)("bad", "x");
    expect(paint(true, {})).toBe("\u001b[31mx\u001b[0m");
    expect([paint(false, {}), paint(true, { NO_COLOR: "1" }), paint(true, { TERM: "dumb" })]).toEqual([
      "x",
      "x",
      "x",
    ]);
  });
});
