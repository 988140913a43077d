import { describe, expect, it } from "vitest";
import { backupServerSchema, minioSchema } from "../../services";
import { alwaysOn, declared, named, passwordOf, type Declared } from "../testing";
import { MinioNode } from "../minio-node";
import { BackupServer } from ".";
import { backupConfig } from "./config";
import { jobFiles, walQuadlet } from "./units";

const settings = backupServerSchema.parse({});
const postgres = {
  port: 5432,
  dataDirectory: "/srv/homelab/postgres",
  image: "localhost/homelab/postgres:1",
  superuserFingerprint: "fingerprint",
};
const minio = { apiPort: 9000, dataDirectory: "/srv/homelab/minio", image: "localhost/homelab/minio:1" };
const run = () =>
  declared(
    () =>
      new BackupServer("backup", {
        node: alwaysOn(),
        settings,
        sshIdentity: "/key",
        postgres,
        objectStore: minio,
      }),
  );
const files = (unit: Declared) => unit.inputs.files as { path: string; content: string; onChange?: string }[];

describe("a BackupServer", () => {
  it("declares the receiver of WAL and a timer for each job, named after it, and nothing else", async () => {
    const all = await run();
    expect(all.map(({ name, parent }) => [name, parent])).toEqual([
      ["backup", ""],
      ["backup-wal", "backup"],
      ["backup-watch", "backup"],
      ["backup-postgres", "backup"],
      ["backup-buckets", "backup"],
      ["backup-drill", "backup"],
    ]);
    for (const job of ["watch", "postgres", "drill"]) {
      expect(named(all, `backup-${job}`).inputs.service).toBe(`homelab-backup-${job}.timer`);
      expect(named(all, `backup-${job}`).dependsOn).toContain("backup-wal");
    }
  });

  it("copies the cluster's state each day where there is a cluster, and tells the scripts where that is", async () => {
    const cluster = { dataDirectory: "/srv/k3s", service: "k3s.service", version: "v1" };
    const all = await declared(
      () =>
        new BackupServer("backup", {
          ...{ node: alwaysOn(), settings, sshIdentity: "/key", postgres, objectStore: minio, cluster },
        }),
    );
    expect(files(named(all, "backup-cluster"))[0]?.content).toContain("/backup/cluster.sh\n");
    const config = files(named(all, "backup-wal")).find(({ path }) => path.endsWith("/config"))?.content;
    expect(config).toContain("\nCLUSTER_DATA=/srv/k3s\nCLUSTER_SERVICE=k3s.service\nCLUSTER_VERSION=v1\n");
  });

  it("tells policies in plain values where it keeps what", async () => {
    expect(named(await run(), "backup").visible).toEqual({
      placement: {
        node: "storage",
        keeps: "persistent",
        paths: ["/srv/homelab/backup"],
      },
    });
  });

  it("restarts the receiver for another password, image or scripts of its own, and for no other script", async () => {
    const wal = named(await run(), "backup-wal");
    expect(wal.inputs.restartOn).toEqual({ "superuser's password": "fingerprint" });
    const restarting = files(wal).filter(({ onChange }) => onChange !== "nothing");
    expect(restarting.map(({ path }) => path)).toEqual([
      "/etc/containers/systemd/homelab-backup-wal.container",
      "/usr/local/lib/homelab/backup/wal-lib.sh",
      "/usr/local/lib/homelab/backup/wal.sh",
    ]);
    expect(restarting[0]?.content).toContain("Image=localhost/homelab/postgres:1\n");
  });

  it("waits for no image but PostgreSQL's: one that cannot be pulled keeps no other backup from being made", async () => {
    const all = await declared(() => {
      const store = new MinioNode("minio", {
        node: alwaysOn(),
        settings: minioSchema.parse({}),
        sshIdentity: "/key",
      });
      const { apiPort, dataDirectory } = minio;
      new BackupServer("backup", {
        ...{ node: alwaysOn(), settings, sshIdentity: "/key", postgres },
        objectStore: { apiPort, dataDirectory, image: store.image },
        repositories: { key: "KEY", keys: { desktop: "ITS-KEY" }, offNode: "s3:https://host/bucket" },
      });
    });
    const needs = (from: Declared): Set<string> => {
      const found = new Set(from.dependsOn);
      for (const need of found)
        for (const { name, dependsOn } of all) if (name === need) dependsOn.forEach((one) => found.add(one));
      return found;
    };
    const units = all.filter(({ name, type }) => name.startsWith("backup-") && type.endsWith(":Unit"));
    const waiting = (image: string) => units.filter((unit) => needs(unit).has(image)).map(({ name }) => name);
    expect(waiting("minio-image")).toEqual([]);
    expect(waiting("backup-restic-image").sort()).toEqual([
      "backup-keep",
      "backup-keys-service",
      "backup-off-node",
      "backup-off-node-wal",
    ]);
    const config = files(named(all, "backup-wal")).find(({ path }) => path.endsWith("/config"))?.content;
    expect(config).toMatch(/\nMINIO_IMAGE=localhost\/homelab\/minio:[0-9a-f]{16}\n/);
    expect(config).toMatch(/\nRESTIC_IMAGE=localhost\/homelab\/restic-server-side:[0-9a-f]{16}\n/);
  });

  it("holds no password in any file, and gives the receiver the one of the server as a secret", async () => {
    const all = await run();
    expect(JSON.stringify(all)).not.toContain(passwordOf(""));
    expect(walQuadlet("/srv/b", 5432, "a/b:1")).toContain(
      "Secret=homelab-postgres-superuser,type=mount,mode=0400,uid=999\n",
    );
  });
});

describe("a BackupServer whose copy is elsewhere", () => {
  const elsewhere = () =>
    declared(
      () =>
        new BackupServer("backup", {
          node: alwaysOn(),
          settings,
          sshIdentity: "/key",
          postgres,
          objectStore: minio,
          repositories: {
            key: "KEY",
            keys: { desktop: "ITS-KEY" },
            offNode: "s3:https://host/bucket",
            offNodeEnvironment: { AWS_SECRET_ACCESS_KEY: "HIDDEN", AWS_ACCESS_KEY_ID: "me" },
          },
        }),
    );

  it("gives restic each variable of that repository as a secret of its own, and the scripts the names alone", async () => {
    const all = await elsewhere();
    expect(
      all
        .filter(({ type }) => type === "homelab:remote:Secret")
        .map(({ inputs }) => [inputs.name, inputs.value]),
    ).toEqual([
      ["homelab-backup-off-node", "s3:https://host/bucket"],
      ["homelab-backup-off-node-aws-secret-access-key", "HIDDEN"],
      ["homelab-backup-off-node-aws-access-key-id", "me"],
      ["homelab-backup-key", "KEY"],
    ]);
    const config = files(named(all, "backup-wal")).find(({ path }) => path.endsWith("/config"))?.content;
    expect(config).toContain("\nOFF_NODE_VARIABLES=AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY\n");
    expect(JSON.stringify(all.filter(({ type }) => type !== "homelab:remote:Secret"))).not.toMatch(
      /HIDDEN|"KEY"|ITS-KEY/,
    );
  });
});

describe("the texts", () => {
  it("write one line a key, and refuse a value that would be another", () => {
    expect(backupConfig({ B: 1, A: "x y" })).toMatch(/\nA=x y\nB=1\n$/);
    expect(() => backupConfig({ A: "x\nB=2" })).toThrow("A is no line");
    expect(() => backupConfig({ "A=B": "x" })).toThrow("is no line");
  });

  it("run a job by the clock also when the moment was missed, and a watch again and again", () => {
    const [service, timer] = jobFiles({
      name: "x",
      description: "X",
      command: ["x.sh"],
      directory: "/mnt/disk/backup",
      when: "*-*-* 02:30:00",
    });
    // Without it a job fills the disk below a mount point whose own disk is missing.
    expect(service?.content).toContain("RequiresMountsFor=/mnt/disk/backup\n");
    expect(service?.content).toContain("Nice=19\nIOSchedulingClass=idle\n");
    expect(service?.content).toContain("ExecStart=/usr/local/lib/homelab/backup/x.sh\n");
    expect(timer?.path).toBe("/etc/systemd/system/homelab-backup-x.timer");
    expect(timer?.content).toContain("OnCalendar=*-*-* 02:30:00\nPersistent=true\n");
    const again = jobFiles({ name: "x", description: "X", command: ["x.sh"], directory: "/srv", when: 60 })[1]
      ?.content;
    expect(again).toContain("OnActiveSec=60\nOnUnitInactiveSec=60\n");
    expect(again).not.toContain("OnCalendar");
  });
});
