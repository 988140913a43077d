import { createHash, randomInt } from "node:crypto";
import { join } from "node:path";
import type { StorageOutputs } from "../../../nodes/storage-outputs";
import type { SecretSpec } from "../../../remote/secret";
import { unitSchema, type UnitSpec } from "../../../remote/unit/spec";
import { tools, wal } from "../../../tests/support/backup";
import { labConnection } from "../../../tests/support/lab";
import { committer, seconds } from "../../../tests/support/pair";
import { dsnOf } from "../../../tests/support/services";
import { writer } from "../../../tests/support/writer";
import { Loops } from "./loops";

/** What was acknowledged in one round, or said to be done, as those noted it to whom it was said. */
export interface Acknowledged {
  readonly commits: readonly number[];
  readonly objects: readonly number[];
  /** Folders of base backups and of dumps. */
  readonly backups: readonly string[];
  /** Segments of WAL under their whole names, and their seals as `SUM  NAME`. */
  readonly segments: ReadonlySet<string>;
  readonly seals: ReadonlySet<string>;
  /** Objects that were there when a mirror began which ended well. */
  readonly mirrored: readonly number[];
  /** Snapshots of desktop's files in the repository on storage, by name. */
  readonly snapshots: ReadonlySet<string>;
  /** Copies of the backups in the repository on desktop: its snapshots, by name. */
  readonly copies: ReadonlySet<string>;
  /** The last number that the provider's own code has put into a unit, and into a secret. */
  readonly unit: number;
  readonly secret: number;
  readonly failures: readonly string[];
}

/**
 * What a round waits for, and then cuts: what was called done a moment ago is lost most easily. All else is at work, too,
 * and counts as far as it came.
 */
export const moments = ["backup", "mirror", "copy", "files"] as const;
export type Moment = (typeof moments)[number];

/** Seconds: clients work on until the cut, however long the round waits for it. */
const atWork = 300;

export const table = "lab_cut";
export const bucket = "parquet";
export const folder = (round: number) => `lab-cut/${round}`;
/** What the object of that number holds. */
export const sumOf = (n: number): string =>
  createHash("sha256")
    .update(Array.from({ length: 20_001 }, (_, i) => `${n + i}\n`).join(""))
    .digest("hex");

/** The names of all that was ever backed up, as the repositories lie on the disks. */
export const snapshotsListed = "ls /srv/homelab/backup/repository/desktop/snapshots";
export const copiesListed = "ls /srv/homelab/backup/off-node/storage/snapshots";

export const secretOf = (n: number): SecretSpec => ({
  connection: labConnection("storage"),
  name: "lab-cut",
  value: `secret ${n}`,
});

export const unitOf = (n: number): UnitSpec =>
  unitSchema.parse({
    connection: labConnection("storage"),
    service: "lab-cut.service",
    files: [
      {
        path: "/etc/systemd/system/lab-cut.service",
        content: `[Unit]\nDescription=Cut ${n}\n[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n`,
        onChange: "nothing",
      },
      { path: "/etc/lab-cut/number", content: `${n}\n`, onChange: "nothing" },
    ],
    health: { exec: ["test", "-s", "/etc/lab-cut/number"], timeoutSeconds: 20 },
    keeps: ["/srv/lab-cut"],
  });

/** What is quickly done leaves the computer to what takes long: else that is never done before the cut. */
const rest = () => seconds(randomInt(0, 8_000) / 1000);

/** Puts objects, one after the other, as a consumer on desktop. */
function putter(storage: StorageOutputs, round: number, from: number) {
  const keys = storage.s3.dagster;
  if (keys === undefined) throw new Error("storage hands out no keys for dagster.");
  const config = [
    `user = "${keys.accessKey}:${keys.secretKey}"`,
    'aws-sigv4 = "aws:amz:us-east-1:s3"',
    ...['request = "PUT"', 'data-binary = "@-"', 'output = "/dev/null"', 'write-out = "%{http_code}"'],
    ...["silent", "max-time = 15"],
  ];
  const url = `${storage.S3_ENDPOINT}/${bucket}/${folder(round)}`;
  const put = `seq $i $((i + 20000)) | curl --config <(printf "%s\\n" "$config") "${url}/$i"`;
  return writer(
    `config=$(cat); for ((i = ${from}; ; i++)); do if [ "$(${put})" = 200 ]; then echo $i; fi; done`,
    `${config.join("\n")}\n`,
    atWork,
  );
}

export class Work {
  readonly #loops = new Loops();
  readonly #committers;
  readonly #putter;
  #backups: string[] = [];
  #mirrored = 0;
  #snapshots = new Set<string>();
  #copies = new Set<string>();
  #segments = { seen: new Set<string>(), kept: new Set<string>() };
  #seals = { seen: new Set<string>(), kept: new Set<string>() };
  #unit = 0;
  #secret = 0;

  /** @param from a number that is above all of the rounds before */
  constructor(storage: StorageOutputs, round: number, from: number) {
    const agent = dsnOf(storage, "agent", "agent_gateway");
    this.#committers = [0, 1].map((i) => committer(agent, table, from + i * 1_000_000, atWork));
    this.#putter = putter(storage, round, from);
    this.#backupsBegin();
    this.#providerBegins(from);
  }

  #backupsBegin(): void {
    const loops = this.#loops;
    loops.repeat("backup of PostgreSQL", async () => {
      const said = await loops.on("storage", `${tools}/restore.sh backup`);
      this.#backups.push(...(/^Done: (\S+) and (\S+?)\.?$/m.exec(said)?.slice(1) ?? []));
    });
    loops.repeat("mirror of the buckets", async () => {
      const there = this.#putter.acknowledged().length;
      if (there === 0) {
        await seconds(0.2);
        return;
      }
      await loops.on("storage", `${tools}/buckets.sh`);
      this.#mirrored = there;
    });
    loops.repeat("copy off storage", async () => {
      await loops.on("storage", `${tools}/off-node.sh wal`);
      const names = await loops.on("desktop", copiesListed);
      this.#copies = new Set(names.split("\n").filter((name) => name !== ""));
      await rest();
    });
    loops.repeat("files of desktop", async () => {
      await loops.on(
        "desktop",
        "head -c 300000 /dev/urandom >/srv/homelab-files/lab-cut && /usr/local/lib/homelab/backup-files/files.sh",
      );
      const names = await loops.on("storage", snapshotsListed);
      this.#snapshots = new Set(names.split("\n").filter((name) => name !== ""));
      await rest();
    });
    const switched = `podman exec --user postgres postgres psql -XAtqc 'select pg_switch_wal()' >/dev/null`;
    const received = wal();
    loops.repeat("segments of WAL", async () => {
      const [names = "", sums = ""] = (
        await loops.on("storage", `${switched}; ls ${received}; echo --; cat ${received}/sums; sleep 2`)
      ).split("--\n");
      twice(
        this.#segments,
        names.split("\n").filter((name) => /^[0-9A-F]{24}$/.test(name)),
      );
      twice(
        this.#seals,
        sums.split("\n").filter((line) => line !== ""),
      );
    });
  }

  #providerBegins(from: number): void {
    this.#loops.goesOn(
      join(__dirname, "../../../node_modules/.bin/tsx"),
      [join(__dirname, "provider.ts"), String(from)],
      (line) => {
        const [what = "", n = ""] = line.split(" ");
        if (what === "unit") this.#unit = Number(n);
        else if (what === "secret") this.#secret = Number(n);
        else if (what === "failed") this.#loops.fails(line);
      },
    );
  }

  /**
   * Waits until what the round is about was done, and commits, objects, a unit and a secret were; on a busy computer no
   * longer than so many seconds, and what was not done then is not counted.
   */
  async until(moment: Moment, limit: number): Promise<void> {
    const done = () => ({
      backup: this.#backups.length,
      mirror: this.#mirrored,
      copy: this.#copies.size,
      files: this.#snapshots.size,
    });
    const counts = () => [
      done()[moment],
      this.#unit,
      this.#secret,
      this.#putter.acknowledged().length,
      ...this.#committers.map((one) => one.acknowledged().length),
    ];
    const end = Date.now() + 1000 * limit;
    while (counts().some((count) => count === 0) && Date.now() < end) await seconds(0.2);
  }

  /** @param cut takes the power away */
  async end(cut: () => void): Promise<Acknowledged> {
    this.#loops.expectTheCut();
    cut();
    await Promise.all([...this.#committers, this.#putter].map((one) => one.end()));
    await this.#loops.end();
    const objects = this.#putter.acknowledged();
    return {
      commits: this.#committers.flatMap((one) => one.acknowledged()),
      objects,
      backups: this.#backups,
      segments: this.#segments.kept,
      seals: this.#seals.kept,
      mirrored: objects.slice(0, this.#mirrored),
      snapshots: this.#snapshots,
      copies: this.#copies,
      unit: this.#unit,
      secret: this.#secret,
      failures: this.#loops.failures,
    };
  }
}

/** A name may be seen a moment before it is on the disk: what is seen twice, seconds apart, was called done. */
function twice(of: { seen: Set<string>; kept: Set<string> }, now: readonly string[]): void {
  for (const each of now) {
    if (of.seen.has(each)) of.kept.add(each);
    of.seen.add(each);
  }
}
