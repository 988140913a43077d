import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { watched } from "../health-watch";
import { alwaysOn, declared, named, secret } from "../testing";
import { BackupRepository, repositoryUrl } from ".";

const connection = {
  ...{ node: "storage", host: "10.0.0.1", port: 22, user: "root" },
  ...{ hostKey: "ssh-ed25519 AAAA", identity: "/key" },
};
const args = {
  ...{ node: alwaysOn(), sshIdentity: "/key", directory: "/srv/backup/repository", port: 8010 },
  image: "docker.io/restic/rest-server:0.14.0",
  users: { storage: "PASSWORD-A", compute: "PASSWORD-B" },
  appendOnly: true,
};
const run = (more: Partial<typeof args> = {}) =>
  declared(() => {
    new BackupRepository("backup-repository", { ...args, ...more });
  });
/** Any answer of the program's will do. */
const asked = ["curl", "-sS", "-o", "/dev/null", "--max-time", "5", "http://127.0.0.1:8010/"];
const quadlet = (lines: string) => `[Unit]
Description=Repositories of backups
After=network-online.target
Wants=network-online.target
RequiresMountsFor=/srv/backup/repository

[Container]
ContainerName=homelab-backup-repository
Image=localhost/homelab/image:hash
Pull=never
Network=host
Secret=homelab-backup-users,type=mount,mode=0400
Volume=/srv/backup/repository:/data
NoNewPrivileges=true
LogDriver=journald
Exec=rest-server --path=/data --listen=:8010 --htpasswd-file=/run/secrets/homelab-backup-users --private-repos${lines}

[Service]
ExecStartPre=-/usr/local/lib/homelab/backup-repository/torn-locks.sh /srv/backup/repository
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
`;

describe("a BackupRepository", () => {
  it("declares its image, its users and one unit, named after it, and nothing else", async () => {
    const all = await run();
    expect(all.map(({ name, type, parent }) => [name, type, parent])).toEqual([
      ["backup-repository", "homelab:index:BackupRepository", ""],
      ["backup-repository-image", "homelab:remote:Image", "backup-repository"],
      ["backup-repository-users", "homelab:remote:Secret", "backup-repository"],
      ["backup-repository-unit", "homelab:remote:Unit", "backup-repository"],
    ]);
    expect(named(all, "backup-repository-image").inputs).toEqual({
      ...{ connection, repository: "localhost/homelab/rest-server" },
      containerfile: "FROM docker.io/restic/rest-server:0.14.0\n",
    });
    const unit = named(all, "backup-repository-unit");
    expect(unit.inputs).toEqual({
      ...{ connection, service: "homelab-backup-repository.service" },
      files: [
        {
          path: "/etc/containers/systemd/homelab-backup-repository.container",
          content: quadlet(" --append-only"),
        },
        expect.objectContaining({ path: "/usr/local/lib/homelab/backup-repository/torn-locks.sh" }),
        watched({
          ...{ service: "homelab-backup-repository.service", health: { exec: asked }, ill: "restart" },
          keeps: ["/srv/backup/repository"],
        }),
      ],
      directories: [{ path: "/srv/backup/repository", mode: "0700" }],
      restartOn: { image: "image-id", users: "fingerprint-of-backup-repository-users" },
      health: { exec: asked, timeoutSeconds: 30 },
      keeps: ["/srv/backup/repository"],
    });
    expect(unit.dependsOn).toEqual(["backup-repository-image", "backup-repository-users"]);
  });

  it("lets its users take away what they brought only where that is said", async () => {
    const unit = named(await run({ appendOnly: false }), "backup-repository-unit");
    expect((unit.inputs.files as { content: string }[])[0]?.content).toBe(quadlet(""));
  });

  it("knows its users by hashes, in one secret; no password is anywhere, and no hash outside of it", async () => {
    const all = await run();
    const { inputs, visible } = named(all, "backup-repository-users");
    // As `printf PASSWORD | sha1sum | xxd -r -p | base64` gives it.
    expect(inputs).toEqual({
      ...{ connection, name: "homelab-backup-users" },
      value: "compute:{SHA}XVK4bO4RxHO5wfpIVMgDuYqrTHw=\nstorage:{SHA}46C1zuwg1lrEkthL5DLtcqOD2Vo=\n",
    });
    expect(visible.value).toBe(secret);
    expect(JSON.stringify(all.map((one) => one.inputs))).not.toMatch(/PASSWORD-[AB]/);
    expect(JSON.stringify(all.map((one) => one.visible))).not.toMatch(/PASSWORD-[AB]|\{SHA\}/);
  });

  it("takes away itself what is too old, where no other machine may", async () => {
    const all = await declared(() => {
      new BackupRepository("backup-repository", {
        ...args,
        keeps: { key: "THE-KEY", keepDays: 21, resticImage: "docker.io/restic/restic:0.18.1" },
      });
    });
    expect(named(all, "backup-repository-key").inputs).toMatchObject({
      name: "homelab-backup-key",
      value: "THE-KEY",
    });
    const unit = named(all, "backup-repository-keep");
    const files = new Map(
      (unit.inputs.files as { path: string; content: string }[]).map((file) => [file.path, file.content]),
    );
    expect(unit.inputs.service).toBe("homelab-backup-keep.timer");
    expect(files.get("/etc/systemd/system/homelab-backup-keep.service")).toContain(
      "RequiresMountsFor=/srv/backup/repository\n",
    );
    expect(files.get("/etc/homelab/backup-copy/config")).toMatch(
      /\nBACKUP_DIRECTORY=\/srv\/backup\nCOPY=yes\nKEEP_DAYS=21\n[^]*REPOSITORY_DIRECTORY=\/srv\/backup\/repository\n/,
    );
    const sourced = [...files.values()].flatMap((text) =>
      [...text.matchAll(/^source "[^"]*\/([a-z-]+\.sh)"$/gm)].map(([, name]) => name),
    );
    const there = [...files.keys()].map((path) => path.split("/").at(-1));
    expect(sourced.length).toBeGreaterThan(2);
    expect(there).toEqual(expect.arrayContaining(sourced));
    expect(JSON.stringify(unit.inputs)).not.toContain("THE-KEY");
  });

  it("tells policies where it keeps the repositories, and is refused on a node that may vanish", async () => {
    expect(named(await run(), "backup-repository").visible).toEqual({
      placement: { node: "storage", keeps: "persistent", paths: ["/srv/backup/repository"] },
    });
    const vanishing = { ...alwaysOn("desktop"), lifecycle: "on-demand" } as unknown as typeof args.node;
    await declared(() => {
      expect(() => new BackupRepository("elsewhere", { ...args, node: vanishing })).toThrow(
        "BackupRepository keeps data and cannot run on desktop, which is on-demand",
      );
    });
  });

  it("is reached under an address that is a secret, whatever the password was", async () => {
    const known = (host: string, password: string) => {
      const url = repositoryUrl(host, 8010, "compute", password);
      return new Promise<[string, boolean]>((resolve) => {
        url.apply((text) => {
          void pulumi.isSecret(url).then((hidden) => {
            resolve([text, hidden]);
          });
        });
      });
    };
    expect(await known("10.0.0.1", "P")).toEqual(["rest:http://compute:P@10.0.0.1:8010/compute/", true]);
    expect(await known("fd00::1", "P")).toEqual(["rest:http://compute:P@[fd00::1]:8010/compute/", true]);
  });
});
