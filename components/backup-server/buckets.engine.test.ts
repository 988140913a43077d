import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { programsOf } from "../../tests/support/programs";
import { Played } from "./testing";

/** The copy of MinIO's buckets, with a real server and its real client. */
const port = 19_321;
const user = "root";
const password = "a-password-of-a-test";
let server: ChildProcess;
let played: Played;
let bin: string;

const mc = (...words: string[]) => {
  const { status, stdout, stderr } = spawnSync(join(bin, "mc"), ["--quiet", ...words], {
    encoding: "utf8",
    env: {
      ...process.env,
      MC_HOST_root: `http://${user}:${password}@127.0.0.1:${port}`,
      MC_CONFIG_DIR: join(played.folder, "mc"),
    },
  });
  if (status !== 0) throw new Error(stdout + stderr);
  return stdout;
};
const put = (key: string, content: string) => mc("cp", played.file("object", content), `root/house/${key}`);
const objects = () =>
  [...mc("ls", "--json", "--recursive", "root/house").matchAll(/"key":"([^"]*)"/g)].map(([, key]) => key);
const save = (...words: string[]) => played.run("buckets.sh", ...words);
const removed = () =>
  played
    .bash(
      `cd ${played.backup}/buckets.removed && find . -type f ! -path './.seen/*' | sed 's|^./[^/]*/||' | sort`,
    )
    .said.split("\n")
    .filter(Boolean);
const copy = () =>
  played.bash(`cd ${played.backup}/buckets/house && find . -type f | sort`).said.split("\n").filter(Boolean);

beforeAll(() => {
  bin = programsOf("minio", "mc", "minio");
});

beforeEach(async () => {
  played = new Played({ MINIO_PORT: port });
  server = spawn(
    join(bin, "minio"),
    [
      "server",
      played.directory("data"),
      "--address",
      `127.0.0.1:${port}`,
      "--console-address",
      `127.0.0.1:${port + 1}`,
    ],
    {
      stdio: "ignore",
      env: { ...process.env, MINIO_ROOT_USER: user, MINIO_ROOT_PASSWORD: password },
    },
  );
  // `podman run … mc --quiet WORDS…`, without the container: the client's words come after the port.
  played.program(
    "podman",
    `while [ "$1" != -c ]; do shift; done
export MC_HOST_root=http://${user}:${password}@127.0.0.1:${port} MC_CONFIG_DIR=${played.folder}/mc
words=(); for word in "\${@:4}"; do words+=("\${word/#\\/backup/${played.backup}}"); done
exec ${bin}/mc --quiet "\${words[@]}"`,
  );
  for (let tries = 0; ; tries += 1) {
    try {
      mc("mb", "--ignore-existing", "root/house");
      break;
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(100);
    }
  }
  return async () => {
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await gone;
    played.remove();
  };
});

describe("the copy of a bucket", () => {
  it("keeps what the bucket lost and what was overwritten, at no cost, for as long as it is declared", () => {
    for (const n of [1, 2, 3, 4]) put(`model-${n}`, `data ${n}`);
    expect(save()).toMatchObject({ code: 0 });
    expect(copy()).toEqual(["./model-1", "./model-2", "./model-3", "./model-4"]);
    mc("rm", "--recursive", "--force", "root/house/model-1", "root/house/model-2");
    put("model-3", "DATA 3");
    const said = save();
    expect(said).toMatchObject({ code: 0 });
    expect(copy()).toEqual(["./model-3", "./model-4"]);
    expect(played.read("backup/buckets/house/model-3")).toBe("DATA 3");
    expect(removed()).toEqual(["house/model-1", "house/model-2", "house/model-3"]);
    // A night later nothing has changed, and nothing is taken away.
    expect(save()).toMatchObject({ code: 0 });
    expect(removed()).toHaveLength(3);
    played.bash(`touch -d '-15 days' ${played.backup}/buckets.removed/.seen/*`);
    expect(save()).toMatchObject({ code: 0 });
    expect(removed()).toEqual([]);
  });

  it("survives that every object is overwritten, encrypted or not", () => {
    for (let n = 0; n < 12; n += 1) put(`o${n}`, `data ${n}`);
    expect(save()).toMatchObject({ code: 0 });
    for (let n = 0; n < 12; n += 1) put(`o${n}`, `DATA ${n}`);
    expect(save()).toMatchObject({ code: 0 });
    expect(removed()).toHaveLength(12);
    expect(played.bash(`cat ${played.backup}/buckets.removed/*/house/o7`).said).toBe("data 7");
  });

  it("is left as it is when more than half would go, by number or by size, or the whole bucket, until somebody says that it is right", () => {
    for (let n = 0; n < 10; n += 1) put(`o${n}`, "x");
    put("big", "x".repeat(2 << 20));
    mc("mb", "root/other");
    mc("cp", played.file("object", "kept"), "root/other/o");
    expect(save()).toMatchObject({ code: 0 });
    mc("rm", "root/house/big");
    put("new", "x");
    mc("rb", "--force", "root/other");
    const size = save();
    expect(size).toMatchObject({ code: 3 });
    expect(size.said).toMatch(
      /house holds 11 bytes, and held 2097162[^]*other is gone[^]*left as it is: house other\./,
    );
    expect(copy()).toContain("./big");
    mc("rm", "--recursive", "--force", "root/house");
    expect(save().said).toContain("The bucket house holds 0 objects, and held 11 in the backup before.");
    expect(save("--accept-smaller")).toMatchObject({ code: 0 });
    expect(copy()).toEqual([]);
    expect(removed()).toHaveLength(12);
    expect(removed()).toContain("other/o");
  });

  it("takes every name that an object may have, and what an earlier version of the scripts noted", () => {
    const names = ["a b", 'q"uo\te', "amp&<é>", "tab\tand\nline", "-n", "deep/er/o", "%41"];
    for (const name of names) put(name, name);
    expect(save()).toMatchObject({ code: 0 });
    expect(save()).toMatchObject({ code: 0 });
    expect(removed()).toEqual([]);
    expect(
      played
        .bash(
          `cd ${played.backup}/buckets && sha256sum --check --quiet ../buckets.facts/.sums && wc -l <../buckets.facts/.sums`,
        )
        .said.trim(),
    ).toBe("7");
    mc("rm", "--recursive", "--force", "root/house");
    expect(played.run("buckets.sh", "restore")).toMatchObject({ code: 0 });
    expect(objects()).toHaveLength(names.length);
    // As it was noted before there were sums in it.
    const list = mc("ls", "--json", "--recursive", "root/house").replace(
      /.*"size":(\d+),"key":"(.*)","etag":"([^"]*)".*/g,
      "$2\t$1\t$3",
    );
    played.file("backup/buckets.facts/house", list);
    expect(save()).toMatchObject({ code: 0 });
    expect(removed()).toEqual([]);
  });

  it("has the sum of each file from when it came, so that what its disk makes of it is found", () => {
    put("o", "as it came");
    expect(save()).toMatchObject({ code: 0 });
    played.file("backup/buckets/house/o", "as it cAme");
    expect(save()).toMatchObject({ code: 0 });
    expect(played.run("buckets.sh", "restore")).toMatchObject({ code: 1 });
  });

  it("says which objects did not come, and takes the other buckets all the same", () => {
    put("o", "x");
    mc("mb", "root/other");
    mc("cp", played.file("object", "kept"), "root/other/o");
    // Something stands where the file would be.
    played.directory("backup/buckets/house/o/in-the-way");
    const { code, said } = save();
    expect({ code, said }).toMatchObject({ code: 1 });
    expect(said).toMatch(
      /1 objects of the bucket house did not come[^]*these buckets failed, as is said above: house\./,
    );
    expect(played.read("backup/buckets/other/o")).toBe("kept");
    expect(played.read("metrics/homelab_job_buckets.prom")).toContain(
      'homelab_job_success{job_kind="buckets"} 0',
    );
  });

  it.skipIf(process.getuid?.() !== 0)(
    "goes on where a full disk ended it: what has come is noted, and nothing is fetched twice or kept twice",
    () => {
      for (const n of [1, 2, 3, 4, 5]) put(`o${n}`, `${n}`.repeat(1 << 20));
      const { said } = played.bash(
        `exec unshare -m bash -c "$1" 2>&1`,
        `cd ${played.folder}; mount -t tmpfs -o size=3500k disk backup; mkdir backup/postgres
bash scripts/buckets.sh; echo "first $? $(ls backup/buckets/house | wc -l) $(wc -l <backup/buckets.facts/house)"
mount -o remount,size=20m backup; bash scripts/buckets.sh; echo "then $? $(ls backup/buckets/house | wc -l)"
find backup/buckets.removed -type f ! -path '*/.seen/*' | wc -l`,
      );
      // How many find room is chance, for the client fetches several at once; each that came is noted.
      expect(said).toMatch(
        /\d objects of the bucket house did not come[^]*The disk of \S+ is full[^]*first 1 (\d) \1\n/,
      );
      expect(said).toMatch(/then 0 5\n0\n$/);
    },
  );

  it("notes now and then what has come, so that one that is killed after hours was not for nothing", async () => {
    for (const n of [1, 2, 3]) put(`o${n}`, `data ${n}`);
    // A client that has copied everything and does not end.
    played.bash(
      `sed -i 's|^exec \\(.*/mc .*\\)|\\1; case "$*" in *" mirror "*) exec sleep 3600 ;; esac|' ${played.folder}/bin/podman`,
    );
    const killed = spawn("bash", [join(played.scripts, "buckets.sh")], {
      detached: true,
      stdio: "ignore",
      env: { ...process.env, HOMELAB_BACKUP_CONFIG: join(played.folder, "config"), NOTE_SECONDS: "0.2" },
    });
    for (let tries = 0; ; tries += 1) {
      if (played.bash(`wc -l <${played.backup}/buckets.facts/house`).said.trim() === "3") break;
      if (tries === 150) throw new Error("Nothing was noted.");
      await sleep(100);
    }
    const gone = new Promise((resolve) => killed.once("exit", resolve));
    process.kill(-(killed.pid ?? 0), "SIGKILL");
    await gone;
  });

  it("takes away what a run that was killed left, and sets nothing of it aside", () => {
    put("a", "data a");
    expect(save()).toMatchObject({ code: 0 });
    put("b", "data b");
    put("0dd7d7b5-4a52-4b0e-8c8e-3f1f5d2f9f11", "its name is like one of the client's");
    expect(save()).toMatchObject({ code: 0 });
    // One that came and was not noted, and one that the client had begun.
    put("c", "data c");
    played.file("backup/buckets/house/c", "half a");
    played.file("backup/buckets/house/1ee7d7b5-4a52-4b0e-8c8e-3f1f5d2f9f22", "half");
    expect(save()).toMatchObject({ code: 0 });
    expect(copy()).toEqual(["./0dd7d7b5-4a52-4b0e-8c8e-3f1f5d2f9f11", "./a", "./b", "./c"]);
    expect(played.read("backup/buckets/house/c")).toBe("data c");
    expect(removed()).toEqual([]);
  });

  it("takes nothing away while the clock is not known to be right", () => {
    put("a", "x");
    put("b", "x");
    expect(save()).toMatchObject({ code: 0 });
    mc("rm", "root/house/a");
    expect(save()).toMatchObject({ code: 0 });
    expect(save()).toMatchObject({ code: 0 });
    played.bash(`touch -d '-99 days' ${played.backup}/buckets.removed/.seen/*`);
    played.program("timedatectl", "echo no");
    expect(save().said).toContain("clock");
    expect(removed()).toEqual(["house/a"]);
  });
});

describe("what is put back into a bucket", () => {
  it("is what the bucket lacks, folders' markers too, and nothing that it has by now", () => {
    put("a", "old");
    put("b", "old");
    played.bash(
      `curl -s -X PUT -H 'Content-Length: 0' --aws-sigv4 aws:amz:us-east-1:s3 --user ${user}:${password} http://127.0.0.1:${port}/house/folder/ http://127.0.0.1:${port}/house/d%20%C3%A9/`,
    );
    expect(objects()).toEqual(["a", "b", "d é/", "folder/"]);
    expect(save()).toMatchObject({ code: 0 });
    expect(save()).toMatchObject({ code: 0 });
    mc("rm", "--recursive", "--force", "root/house");
    put("b", "new");
    const { code, said } = played.run("buckets.sh", "restore");
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(objects()).toEqual(["a", "b", "d é/", "folder/"]);
    expect(mc("cat", "root/house/b")).toBe("new");
  });

  it("can be what was removed at a moment, as the list of moments says", () => {
    for (const key of ["a", "b", "c"]) put(key, `old ${key}`);
    expect(save()).toMatchObject({ code: 0 });
    mc("rm", "root/house/a");
    put("b", "new b");
    expect(save()).toMatchObject({ code: 0 });
    const { said } = played.run("buckets.sh", "list");
    const moment = /removed or overwritten by (\S+): 2 objects of house/.exec(said)?.[1] ?? said;
    expect(played.run("buckets.sh", "restore-removed", moment, "house")).toMatchObject({ code: 0 });
    expect(mc("cat", "root/house/a")).toBe("old a");
    expect(mc("cat", "root/house/b")).toBe("new b");
    expect(played.run("buckets.sh", "restore-removed", moment, "../x").said).toContain(
      "There is no bucket ../x",
    );
    expect(played.run("buckets.sh", "restore-removed", "..").said).toContain("Nothing was removed at '..'");
  });
});
