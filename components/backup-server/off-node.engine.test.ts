import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { programsOf } from "../../tests/support/programs";
import { Played } from "./testing";

/** What is copied off storage, and how it comes back, with the real restic; the repository is a folder. */
let bin: string;
let played: Played;
const repository = () => join(played.folder, "off-node");
const copy = (...words: string[]) => played.run("off-node.sh", ...words);
const back = (...words: string[]) => played.run("restore.sh", "from-off-node", ...words);

/** A storage that backs up this cluster, with so much in it. */
function storage(cluster: string, what: string, object: string): void {
  played.bash(`rm -rf ${played.backup} && mkdir -p ${played.backup}`);
  played.file("backup/postgres/cluster", `${cluster}\n`);
  played.file(`backup/postgres/${cluster}/wal/segment`, what);
  played.file(`backup/buckets/house/${object}`, what);
  played.file("backup/buckets.facts/.sums", "");
}

beforeAll(() => {
  bin = programsOf("restic", "restic", "rest-server");
});
beforeEach(() => {
  played = new Played({ OFF_NODE_KEEPS: "here" });
  played.restic(bin, {
    "homelab-backup-key": "main-key",
    "homelab-backup-key-compute": "node-key",
    "homelab-backup-off-node": repository(),
  });
  storage("1111", "ten years", "photo.jpg");
});
afterEach(() => {
  played.remove();
});

describe("the copy off storage", () => {
  it("waits for a decision before that of a new cluster follows that of another", () => {
    expect(copy()).toMatchObject({ code: 0 });
    expect(copy("wal")).toMatchObject({ code: 0 });
    storage("2222", "empty", "nothing");
    for (const words of [[], ["wal"]]) {
      const { code, said } = copy(...words);
      expect({ code, said }).toMatchObject({ code: 3 });
      expect(said).toMatch(
        /of the cluster 2222, and the newest off this machine of the cluster 1111: nothing was copied[^]*from-off-node[^]*accept-cluster 2222/,
      );
    }
    played.bash(`mkdir -p ${played.backup}/.notes && echo 2222 >${played.backup}/.notes/off-node.cluster`);
    expect(copy()).toMatchObject({ code: 0 });
    // The newest is of another cluster than the one before it: nobody takes it without having been asked.
    storage("3333", "third", "nothing");
    const { code, said } = back("--yes");
    expect({ code, said }).toMatchObject({ code: 3 });
    expect(said).toMatch(/cluster 1111[^]*cluster 2222[^]*several clusters[^]*--snapshot NAME/);
    expect(played.calls()).toEqual([]);
    const old = /^ {2}([0-9a-f]{8}) .*cluster 1111/m.exec(said)?.[1] ?? "";
    expect(played.run("restore.sh", "list").said).toContain(old);
    expect(back("--snapshot", old)).toMatchObject({ code: 4 });
    expect(back("--snapshot", old, "--yes")).toMatchObject({ code: 0 });
    expect(played.read("backup/postgres/cluster")).toBe("1111\n");
    expect(played.read("backup/postgres/1111/wal/segment")).toBe("ten years");
    expect(played.read("backup/buckets/house/photo.jpg")).toBe("ten years");
    // What was there meanwhile is beside it.
    expect(
      played.bash(
        `cat ${played.backup}/postgres/3333/wal/segment ${played.backup}/buckets.before-*/house/nothing`,
      ).said,
    ).toBe("thirdthird");
    expect(played.calls().at(-1)).toMatch(/^systemctl start homelab-backup-wal\.service/);
    // And what comes next is copied again.
    expect(copy()).toMatchObject({ code: 0 });
  });

  it("comes back with the WAL that was copied last, and the files of the nodes; a node's own tags and host count for nothing", () => {
    played.bash(
      `cd ${played.backup} && export RESTIC_PASSWORD=node-key RESTIC_REPOSITORY=repository/compute RESTIC_CACHE_DIR=${played.folder}/c && ${bin}/restic init -q && echo file >../file && ${bin}/restic backup -q --host compute --tag files ../file && mkdir -p forged/postgres && echo 666 >forged/postgres/cluster && ${bin}/restic backup -q --host compute --tag collected,cluster-666 --time '2099-01-01 00:00:00' forged && ${bin}/restic backup -q --host storage --tag collected forged`,
    );
    expect(copy()).toMatchObject({ code: 0 });
    played.file("backup/postgres/1111/wal/segment", "ten years and a day");
    expect(copy("wal")).toMatchObject({ code: 0 });
    played.bash(`rm -rf ${played.backup} && mkdir -p ${played.backup}`);
    const { code, said } = back("--yes");
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(played.read("backup/postgres/1111/wal/segment")).toBe("ten years and a day");
    expect(
      played
        .bash(
          `RESTIC_PASSWORD=node-key ${bin}/restic --no-cache --repo ${played.backup}/repository/compute snapshots --json | grep -o '"hostname":"[a-z]*"' | sort | uniq -c`,
        )
        .said.trim(),
    ).toBe('2 "hostname":"compute"');
  });

  it("brings storage's own repository back with its files, and without what was collected", () => {
    played.restic(bin, {
      "homelab-backup-key": "main-key",
      "homelab-backup-key-storage": "node-key",
      "homelab-backup-off-node": repository(),
    });
    played.bash(
      `cd ${played.backup} && export RESTIC_PASSWORD=node-key RESTIC_REPOSITORY=repository/storage RESTIC_CACHE_DIR=${played.folder}/c && ${bin}/restic init -q && echo file >../file && ${bin}/restic backup -q --host storage --tag files ../file`,
    );
    expect(copy()).toMatchObject({ code: 0 });
    played.bash(`rm -rf ${played.backup} && mkdir -p ${played.backup}`);
    const { code, said } = back("--yes");
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(
      played
        .bash(
          `RESTIC_PASSWORD=node-key ${bin}/restic --no-cache --repo ${played.backup}/repository/storage snapshots --json | grep -o '"tags":[^]]*'`,
        )
        .said.trim(),
    ).toBe('"tags":["files"');
  });

  it.each<[what: string, how: () => void]>([
    ["does not answer", () => played.bash(`mv ${repository()} ${repository()}.away`)],
    ["lost what it held", () => played.bash(`find ${repository()}/data -type f -delete`)],
  ])("changes and stops nothing that does not run again when it %s", (_what, how) => {
    expect(copy()).toMatchObject({ code: 0 });
    how();
    storage("1111", "what is here", "photo.jpg");
    expect(back("--yes").code).not.toBe(0);
    expect(played.read("backup/postgres/1111/wal/segment")).toBe("what is here");
    const calls = played.calls();
    expect(calls.filter((call) => call.includes(" stop ")).length).toBe(
      calls.filter((call) => call.includes(" start ")).length,
    );
  });

  it("comes back by the LAN where nothing answers in the mesh, and only then; what is copied there never goes by the LAN", async () => {
    const listening = createServer().listen(0, "127.0.0.1");
    await once(listening, "listening");
    const { port } = listening.address() as AddressInfo;
    played.remove();
    played = new Played({ OFF_NODE_KEEPS: "here", OFF_NODE_IN_MESH: `127.0.0.1 ${port}` });
    const byLan = join(played.folder, "by-lan");
    played.restic(bin, {
      "homelab-backup-key": "main-key",
      "homelab-backup-off-node": repository(),
      "homelab-backup-off-node-lan": byLan,
    });
    storage("1111", "ten years", "photo.jpg");
    expect(copy()).toMatchObject({ code: 0 });
    expect(back("--yes").said).not.toContain("by the LAN");
    listening.close();
    played.bash(`mv ${repository()} ${byLan} && rm -rf ${played.backup} && mkdir -p ${played.backup}`);
    const { code, said } = back("--yes");
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said).toContain("does not answer in the mesh: it is asked by the LAN.");
    expect(played.read("backup/postgres/1111/wal/segment")).toBe("ten years");
    expect(played.run("restore.sh", "list").said).toMatch(/Off this machine[^]*cluster 1111/);
    expect(copy().said).toMatch(/does not answer in the mesh, at 127\.0\.0\.1 port \d+: nothing was copied/);
  });

  it("is made once when both jobs find none, and opens for both afterwards", () => {
    for (const round of [1, 2]) {
      played.bash(`rm -rf ${repository()} ${played.backup}/.notes`);
      const { code, said } = played.bash(
        `bash "$1" >"$2" 2>&1 & first=$!; bash "$1" wal 2>&1 || exit; wait $first || { cat "$2"; exit 1; }`,
        join(played.scripts, "off-node.sh"),
        join(played.folder, "said"),
      );
      expect({ round, code, said }).toMatchObject({ round, code: 0 });
      expect(played.bash(`ls ${repository()}/keys | wc -l`).said.trim()).toBe("1");
      expect(copy()).toMatchObject({ code: 0 });
    }
  });

  it("says what to do when its first run was stopped before it was whole, or left a key that fits nothing", () => {
    expect(copy()).toMatchObject({ code: 0 });
    const spare = join(played.folder, "spare");
    played.bash(
      `mv ${repository()}/config ${spare} && rm -rf ${repository()}/{snapshots,index,data}/* ${played.backup}/.notes`,
    );
    expect(copy("wal")).toMatchObject({
      code: 1,
      said: expect.stringMatching(/was begun and never became whole[^]*keys/) as string,
    });
    // Another one's configuration: no key of this one opens it.
    played.bash(
      `rm ${repository()}/keys/* && RESTIC_PASSWORD=main-key ${bin}/restic --no-cache -r ${played.folder}/other init -q && cp ${played.folder}/other/keys/* ${repository()}/keys/ && mv ${spare} ${repository()}/config`,
    );
    expect(copy("wal")).toMatchObject({
      code: 1,
      said: expect.stringMatching(/a key that is not its own[^]*keys\/[0-9a-f]{64}/) as string,
    });
  });

  it("is not recreated when it was there before and is gone", () => {
    expect(copy()).toMatchObject({ code: 0 });
    played.bash(`mv ${repository()} ${repository()}.away`);
    const { code, said } = copy("wal");
    expect({ code, said }).toMatchObject({ code: 1 });
    expect(said).toContain("is gone, or its disk is not mounted there");
    expect(existsSync(repository())).toBe(false);
  });

  it("gets past a lock that nobody holds any more, and waits for one that is held", async () => {
    expect(copy()).toMatchObject({ code: 0 });
    // A power cut during a check: the lock stays, and the clock goes on for as long as restic calls it alive.
    const check = `RESTIC_PASSWORD=main-key RESTIC_CACHE_DIR=${played.folder}/c`;
    played.bash(
      `head -c 30000000 /dev/urandom >${played.folder}/random; ${check} ${bin}/restic -r ${repository()} backup -q ${played.folder}/random
for n in 1 2 3 4 5; do
  env ${check} ${bin}/restic -r ${repository()} check --read-data -q >/dev/null 2>&1 & p=$!
  for i in {1..200}; do [ -z "$(ls ${repository()}/locks)" ] || break; sleep 0.01; done; kill -9 $p; wait $p
  [ -z "$(ls ${repository()}/locks)" ] || break
done`,
    );
    expect(played.bash(`ls ${repository()}/locks | wc -l`).said.trim()).toBe("1");
    played.file("backup/postgres/1111/wal/segment", "more");
    expect(copy("wal")).toMatchObject({ code: 0 });
    const holder = spawn(`${bin}/restic`, ["--repo", repository(), "check", "--read-data", "-q"], {
      env: { ...process.env, RESTIC_PASSWORD: "main-key", RESTIC_CACHE_DIR: `${played.folder}/c` },
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => holder.once("exit", resolve));
    expect(copy("wal")).toMatchObject({ code: 0 });
    await ended;
  });
});
