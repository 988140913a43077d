import { describe, expect, it } from "vitest";
import type { Topology } from "../engine/topology";
import { parseSeen } from "./parse";
import { report, sized } from "./report";
import { judgeSeen, undeclared } from "./verdict";

const topology: Topology = {
  nodes: [{ name: "compute", lifecycle: "on-demand", addresses: ["10.0.0.3"], labels: {}, taints: [] }],
  networkClasses: [],
};

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
const judged = (...lines: string[]) =>
  judgeSeen(parseSeen([...lines, "end", ""].join("\n")), "compute", topology);

const volume = (name: string, more: object = {}) =>
  `volume\tpodman\t${encoded([{ Name: name, Driver: "local", Mountpoint: `/var/lib/v/${name}/_data`, Labels: {}, Options: {}, ...more }])}\t4096`;

const container = (name: string, mounts: object[], labels: Record<string, string> = {}, more: object = {}) =>
  `container\tpodman\t${encoded([{ Name: name, ImageName: "docker.io/library/redis:8", Config: { Labels: labels }, Mounts: mounts, ...more }])}`;

const bind = (source: string, rw = true) => ({ Type: "bind", Source: source, Destination: "/data", RW: rw });

describe("what would be lost with a node", () => {
  it("is nothing where nothing was found", () => {
    expect(judged()).toEqual({ losses: [], units: [], grown: [] });
  });

  it("refuses an answer that was cut short", () => {
    expect(() => parseSeen("volume\tpodman\t")).toThrow(/cut short/);
  });

  it("counts a volume of the engine, not one on network storage", () => {
    const { losses } = judged(
      volume("data"),
      volume("share", { Options: { type: "nfs", o: "addr=10.0.0.1", device: ":/srv" } }),
    );
    expect(losses.map(({ what, bytes }) => [what, bytes])).toEqual([["podman volume data", 4096]]);
  });

  it("takes a volume for declared only when its label, or every container that uses it, gives a reason", () => {
    const use = { Type: "volume", Name: "data", Destination: "/data", RW: true };
    const why = { "homelab.dev/ephemeral": "made again from the source" };
    expect(undeclared(judged(volume("data", { Labels: why })))).toEqual([]);
    expect(undeclared(judged(volume("data"), container("a", [use], why)))).toEqual([]);
    expect(
      undeclared(judged(volume("data"), container("a", [use], why), container("b", [use]))),
    ).toHaveLength(1);
    expect(undeclared(judged(volume("data", { Labels: { "homelab.dev/ephemeral": "" } })))).toHaveLength(1);
  });

  it("counts a writable bind, and neither a read-only one nor plumbing", () => {
    const { losses } = judged(container("a", [bind("/srv/x"), bind("/etc/x", false), bind("/run/x.sock")]));
    expect(losses.map(({ path }) => path)).toEqual(["/srv/x"]);
    expect(losses[0]?.notes).toEqual(["used by a (docker.io/library/redis:8), started by hand"]);
  });

  it("names a database inside a volume as what the volume holds, and one elsewhere on its own", () => {
    const { losses } = judged(
      volume("data"),
      "database\tRedis/Valkey\t/var/lib/v/data/_data/dump.rdb\t88",
      "database\tSQLite\t/opt/app/app.db\t9000",
    );
    expect(losses.map(({ what, notes }) => [what, notes])).toEqual([
      ["podman volume data", ["holds Redis/Valkey"]],
      ["SQLite", []],
    ]);
  });

  it("finds a database that a container wrote beside its volumes", () => {
    const layer = { GraphDriver: { Data: { UpperDir: "/var/lib/o/1/diff" } } };
    const { losses } = judged(
      container("app", [], {}, layer),
      "database\tSQLite\t/var/lib/o/1/diff/app.db\t9000",
    );
    expect(losses[0]?.notes).toEqual(["inside app, beside its volumes"]);
  });

  it("counts directories where people keep things, from a size on, and K3s' claims", () => {
    const { losses } = judged(
      "directory\t/srv/photos\t5000000",
      "directory\t/srv/empty\t4096",
      "directory\t/opt/tool\t5000000",
      "local-path\t/var/lib/rancher/k3s/storage/pvc-1\t10",
    );
    expect(losses.map(({ path }) => path)).toEqual(["/var/lib/rancher/k3s/storage/pvc-1", "/srv/photos"]);
  });

  it("takes a reason in a directory for all below it, and an empty one for none", () => {
    const db = "database\tSQLite\t/srv/a/b.db\t9000";
    expect(undeclared(judged(db, "declared\t/srv/a\ta copy"))).toEqual([]);
    expect(undeclared(judged(db, "declared\t/srv/a\t "))).toHaveLength(1);
    expect(undeclared(judged(db, "declared\t/srv/ab\ta copy"))).toHaveLength(1);
  });

  it("counts of a directory what is beside the declared ones in it, and lists those on their own", () => {
    const lines = [
      "directory\t/srv/homelab\t90000000",
      "declared\t/srv/homelab/k3s/agent\timages\t60000000",
      "declared\t/srv/homelab/models\tweights\t29900000",
      "declared\t/srv/homelab/models/inner\tweights too\t1500000",
    ];
    expect(judged(...lines).losses.map(({ path, bytes, ephemeral }) => [path, bytes, ephemeral])).toEqual([
      ["/srv/homelab/k3s/agent", 60_000_000, "images"],
      ["/srv/homelab/models", 29_900_000, "weights"],
    ]);
    const more = judged("directory\t/srv/homelab\t95000000", ...lines.slice(1));
    expect(undeclared(more).map(({ path, bytes }) => [path, bytes])).toEqual([["/srv/homelab", 5_100_000]]);
    const bare = judged(...lines.slice(0, 2), "declared\t/srv/homelab/models\t\t29900000");
    expect(undeclared(bare).map(({ bytes }) => bytes)).toEqual([30_000_000]);
  });

  it("judges units like files of the program", () => {
    const text = Buffer.from("[Container]\nImage=x\nVolume=/srv/x:/x\n").toString("base64");
    expect(judged(`unit\t/etc/containers/systemd/x.container\t${text}`).units.join()).toContain("/srv/x");
  });

  it("names a unit that it cannot judge", () => {
    const text = Buffer.from("Volume=/srv/x:/x\n").toString("base64");
    const path = "/etc/containers/systemd/x.container";
    expect(judged(`unit\t${path}\t${text}`).units.join()).toContain(`${path} cannot be judged: `);
  });

  it("says what grew, also what is new, and nothing at the first look", () => {
    const now = [
      "directory\t/var/lib/a\t50000000",
      "directory\t/opt/new\t20000000",
      "directory\t/opt/same\t9",
    ];
    expect(judged(...now).grown).toEqual([]);
    expect(judged(...now, "before\t/var/lib/a\t1000", "before\t/opt/same\t9").grown).toEqual([
      { path: "/var/lib/a", from: 1000, to: 50_000_000 },
      { path: "/opt/new", from: 0, to: 20_000_000 },
    ]);
  });
});

describe("the report", () => {
  it("lists what is open before what is declared, with sizes and reasons", () => {
    const text = report(
      "compute",
      judged(volume("data"), volume("models", { Labels: { "homelab.dev/ephemeral": "from the hub" } })),
    );
    expect(text.indexOf("podman volume data")).toBeLessThan(text.indexOf("Declared ephemeral"));
    expect(text).toContain("4.0 KB  podman volume data  /var/lib/v/data/_data");
    expect(text).toContain("because: from the hub");
  });

  it("says so where nothing would be lost", () => {
    expect(report("compute", judged())).toBe("Nothing on compute would be lost if it vanished now.\n");
  });

  it("shows sizes in units of 1024", () => {
    expect([0, 1023, 1024, 1.5 * 1024 ** 3].map((bytes) => sized(bytes).trim())).toEqual([
      "0 B",
      "1023 B",
      "1.0 KB",
      "1.5 GB",
    ]);
    expect(sized(undefined).trim()).toBe("unknown");
  });
});
