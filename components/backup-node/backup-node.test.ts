import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { backupNodeSchema } from "../../services";
import type { Node } from "../../topology";
import { alwaysOn, declared, named, secret } from "../testing";
import { BackupNode, type BackupNodeArgs } from ".";

const compute: Node = {
  ...alwaysOn("desktop"),
  ...{ name: "compute", address: "10.0.0.3", lifecycle: "on-demand" },
};
const connection = {
  ...{ node: "compute", host: "10.0.0.3", port: 22, user: "root" },
  ...{ hostKey: "ssh-ed25519 AAAA", identity: "/key" },
};
const run = (settings: object, more: Partial<BackupNodeArgs> = {}) =>
  declared(() => {
    new BackupNode("backup-node", {
      ...{ node: compute, sshIdentity: "/key", settings: backupNodeSchema.parse(settings) },
      repository: "rest:http://compute:REPOSITORY-PASSWORD@10.0.0.1:8010/compute/",
      key: "ENCRYPTION-KEY",
      ...more,
    });
  });
const everything = {
  paths: ["/home/ada", "/etc/with a space"],
  exclude: ["*.o", "/home/ada/.cache"],
  ...{ workspaceRoot: "/home/ada/work", filesAt: "23:05" },
};

interface File {
  path: string;
  content: string;
  mode?: string;
  onChange?: string;
}
const filesOf = async (settings: object, more: Partial<BackupNodeArgs> = {}) => {
  const all = await run(settings, more);
  const files = named(all, "backup-node-files").inputs.files as File[];
  return new Map(files.map((file) => [file.path, file]));
};

describe("a BackupNode", () => {
  it("declares restic's image, two secrets and one timer, named after it, and nothing else", async () => {
    const all = await run(everything);
    expect(all.map(({ name, type, parent }) => [name, type, parent])).toEqual([
      ["backup-node", "homelab:index:BackupNode", ""],
      ["backup-node-image", "homelab:remote:Image", "backup-node"],
      ["backup-node-repository", "homelab:remote:Secret", "backup-node"],
      ["backup-node-key", "homelab:remote:Secret", "backup-node"],
      ["backup-node-files", "homelab:remote:Unit", "backup-node"],
    ]);
    expect(named(all, "backup-node-image").inputs).toEqual({
      ...{ connection, repository: "localhost/homelab/restic" },
      containerfile: "FROM docker.io/restic/restic:0.18.1\n",
    });
    const { inputs, dependsOn } = named(all, "backup-node-files");
    const { files, ...rest } = inputs;
    expect(rest).toEqual({
      ...{ connection, service: "homelab-backup-files.timer" },
      health: { exec: ["systemctl", "is-active", "homelab-backup-files.timer"], timeoutSeconds: 15 },
    });
    expect(files).toHaveLength(8);
    expect(dependsOn).toEqual(["backup-node-image", "backup-node-repository", "backup-node-key"]);
  });

  it("keeps nothing on its node, which may be an on-demand one, and says so", async () => {
    const all = await run(everything);
    expect(named(all, "backup-node").visible).toEqual({
      placement: { node: "compute", keeps: "none" },
    });
    expect(named(all, "backup-node-files").inputs).not.toHaveProperty("keeps");
    expect(named(all, "backup-node-files").inputs).not.toHaveProperty("directories");
  });

  it("has address and key in secrets, and in no file and no state in clear", async () => {
    const all = await run(everything);
    for (const [child, name, value, more] of [
      [
        "repository",
        "homelab-backup-files-repository",
        "rest:http://compute:REPOSITORY-PASSWORD@10.0.0.1:8010/compute/",
        {},
      ],
      // The only other copy of the key, should storage be set up anew.
      ["key", "homelab-backup-node-key", "ENCRYPTION-KEY", { existing: "refuse" }],
    ] as const) {
      expect(named(all, `backup-node-${child}`).inputs).toEqual({ connection, name, value, ...more });
      expect(named(all, `backup-node-${child}`).visible.value).toBe(secret);
    }
    expect(JSON.stringify(all.map(({ visible }) => visible))).not.toMatch(
      /REPOSITORY-PASSWORD|ENCRYPTION-KEY/,
    );
    expect(JSON.stringify(named(all, "backup-node-files").inputs)).not.toMatch(
      /REPOSITORY-PASSWORD|ENCRYPTION-KEY/,
    );
  });

  it("writes the paths, the workspace among them, and what is left out, a line each", async () => {
    const files = await filesOf(everything);
    expect(files.get("/etc/homelab/backup-files/paths")?.content).toBe(
      "/home/ada\n/etc/with a space\n/home/ada/work\n",
    );
    expect(files.get("/etc/homelab/backup-files/excludes")?.content).toBe("*.o\n/home/ada/.cache\n");
    const few = await filesOf({ paths: ["/etc"] });
    expect(few.get("/etc/homelab/backup-files/paths")?.content).toBe("/etc\n");
    expect(few.get("/etc/homelab/backup-files/excludes")?.content).toBe("");
  });

  it("writes directories that may not be there yet apart from the paths that are missed", async () => {
    const files = await filesOf({ paths: ["/etc"] }, { volumes: ["/srv/homelab/k3s/storage"] });
    expect(files.get("/etc/homelab/backup-files/paths")?.content).toBe("/etc\n");
    expect(files.get("/etc/homelab/backup-files/paths-if-there")?.content).toBe("/srv/homelab/k3s/storage\n");
    expect((await filesOf(everything)).get("/etc/homelab/backup-files/paths-if-there")?.content).toBe("");
  });

  it("runs by the clock, also when the node was off at that time, as what gives way to all else", async () => {
    const files = await filesOf(everything);
    expect(files.get("/etc/systemd/system/homelab-backup-files.timer")?.content).toMatch(
      /\n\[Timer\]\nOnCalendar=\*-\*-\* 23:05:00\nPersistent=true\n/,
    );
    expect(files.get("/etc/systemd/system/homelab-backup-files.service")?.content).toMatch(
      /\nType=oneshot\nNice=19\nIOSchedulingClass=idle\nExecStart=\/usr\/local\/lib\/homelab\/backup-files\/files\.sh\n/,
    );
  });

  it("configures the scripts as they are in the repository, which restart nothing when they change", async () => {
    const files = await filesOf(everything, { metricsDirectory: "/srv/metrics" });
    expect(files.get("/etc/homelab/backup-files/config")?.content).toBe(
      "# Written by Pulumi: changes made here are put back.\nBACKUP_DIRECTORY=/var/lib/homelab/backup-files\n" +
        "METRICS_DIRECTORY=/srv/metrics\nNODE=compute\nRESTIC_IMAGE=localhost/homelab/image:hash\n",
    );
    expect((await filesOf({})).get("/etc/homelab/backup-files/config")?.content).toContain(
      "\nMETRICS_DIRECTORY=/var/lib/homelab/metrics\n",
    );
    for (const [file, room] of [
      ["files.sh", "backup-node"],
      ["lib.sh", "backup-server"],
    ] as const) {
      expect(files.get(`/usr/local/lib/homelab/backup-files/${file}`)).toEqual({
        path: `/usr/local/lib/homelab/backup-files/${file}`,
        content: readFileSync(join(__dirname, "..", room, "scripts", file), "utf8"),
        ...{ mode: "0755", onChange: "nothing" },
      });
    }
    const restarting = [...files.values()].filter(({ onChange }) => onChange !== "nothing");
    expect(restarting.map(({ path }) => path)).toEqual([
      "/etc/systemd/system/homelab-backup-files.service",
      "/etc/systemd/system/homelab-backup-files.timer",
    ]);
  });
});
