import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { snapshot } from "../support/backup";
import { onNode } from "../support/lab";

/** Files of desktop in its repository on storage: links, circles, and what changes while it is read. */
const here = "/srv/backup-test";
const lists = "/tmp/backup-test";
const script = "/usr/local/lib/homelab/backup-files/files.sh";

function backUp(...args: string[]): { code: number; said: string } {
  const said = onNode(
    "desktop",
    `HOMELAB_BACKUP_CONFIG=${lists}/config ${script} ${args.join(" ")} 2>&1; echo "exit $?"`,
  );
  const [, text = "", code = ""] = /^([\s\S]*)exit (\d+)\n$/.exec(said) ?? [];
  return { code: Number(code), said: text };
}

beforeAll(() => {
  onNode(
    "desktop",
    `set -e
rm -rf ${here} ${lists}; mkdir -p ${here}/workspace/deep ${here}/other ${lists}
seq 1000 >${here}/workspace/deep/file
ln -s ${here}/workspace ${here}/opt
ln -s ${here}/circle-b ${here}/circle-a; ln -s ${here}/circle-a ${here}/circle-b
ln -s .. ${here}/workspace/up
for i in $(seq 30); do echo "$i" >${here}/other/$i; done
printf '%s\\n' ${here}/opt ${here}/opt/deep ${here}/workspace ${here}/circle-a ${here}/other >${lists}/paths
printf '%s\\n' ${here}/volumes ${here}/not-yet >${lists}/paths-if-there
mkdir ${here}/volumes; echo kept >${here}/volumes/file
: >${lists}/excludes
sed 's|^BACKUP_DIRECTORY=.*|BACKUP_DIRECTORY=${lists}/state|' /etc/homelab/backup-files/config >${lists}/config`,
  );
});

afterAll(() => {
  onNode("desktop", `rm -rf ${here} ${lists} /var/lib/homelab/metrics/homelab_backup_files.prom`);
});

describe("the files of a node", () => {
  it("are backed up once, with links kept as links and circles told", () => {
    const { code, said } = backUp();
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said).toContain("circle-a is a link that leads nowhere, or in a circle");
    expect(onNode("desktop", `cat ${lists}/state/targets`).trim().split("\n")).toEqual(
      ["circle-a", "opt", "other", "volumes", "workspace"].map((name) => `srv/backup-test/${name}`),
    );
    expect(said).not.toContain("not-yet");
    const listed = snapshot("desktop", `ls --long latest`);
    expect(listed).toContain("/srv/backup-test/volumes/file");
    expect(listed).toMatch(/^L.* \/srv\/backup-test\/opt/m);
    expect(listed).toMatch(/^L.* \/srv\/backup-test\/workspace\/up/m);
    expect(listed.match(/deep\/file/g)).toHaveLength(1);
  });

  it("are taken as they are when one changes while it is read, and one that cannot be read is told", () => {
    // A process's memory, read from its beginning, is an input/output error to everybody.
    onNode(
      "desktop",
      `cd ${here}/other && touch broken && mount --bind /proc/1/mem broken
(while [ -e broken ]; do echo more >>growing; rm -f brief; touch brief; done) >/dev/null 2>&1 &`,
    );
    try {
      const { code, said } = backUp();
      expect({ code, said }).toMatchObject({ code: 0 });
      expect(said).toMatch(/WARNING: this backup is not whole[^]*other\/broken/);
      expect(onNode("desktop", "cat /var/lib/homelab/metrics/homelab_backup_files.prom")).toContain(
        'homelab_backup_files_incomplete{node="desktop"} 1\n',
      );
    } finally {
      onNode("desktop", `umount ${here}/other/broken; rm ${here}/other/broken`);
    }
    const listed = snapshot("desktop", "ls latest");
    expect(listed).toContain("/srv/backup-test/workspace/deep/file");
    expect(listed).toContain("/srv/backup-test/other/growing");
  });

  it("are refused when less than half is left, until somebody says that it is right", () => {
    expect(backUp("--accept-smaller")).toMatchObject({ code: 0 });
    onNode("desktop", `rm -rf ${here}/other/*`);
    const { code, said } = backUp();
    expect({ code, said }).toMatchObject({ code: 3 });
    expect(said).toMatch(/hold \d+ files, and held \d+ in the backup before/);
    expect(backUp("--accept-smaller")).toMatchObject({ code: 0 });
  });

  it("may be none yet where only volumes are backed up, but not where paths are declared", () => {
    onNode("desktop", `rm -r ${here}/volumes; cp ${lists}/paths ${lists}/former; : >${lists}/paths`);
    const { code, said } = backUp();
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said).toContain("Nothing is there yet that would be backed up.");
    onNode("desktop", `echo ${here}/gone >${lists}/paths`);
    expect(backUp()).toMatchObject({ code: 1 });
    onNode("desktop", `mv ${lists}/former ${lists}/paths`);
  });

  it("cannot be taken away by the node: its repository only grows", () => {
    const config = onNode("desktop", `grep ^RESTIC_IMAGE= ${lists}/config`).trim().split("=")[1] ?? "";
    const said = onNode(
      "desktop",
      `podman run --rm --network host --secret homelab-backup-files-repository --secret homelab-backup-node-key --env RESTIC_REPOSITORY_FILE=/run/secrets/homelab-backup-files-repository --env RESTIC_PASSWORD_FILE=/run/secrets/homelab-backup-node-key --entrypoint restic ${config} --no-cache forget latest 2>&1 || true`,
    );
    expect(said).toMatch(/403|Forbidden/);
  });
});
