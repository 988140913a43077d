import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { driftSentences, parseObserved } from "../unit/observed";
import { applyLines, lookLines, nameLines, unitSchema, type UnitSpec } from "../unit/spec";
import { canMount, connection, Machine } from "./testing/machine";

const unitFile = "/etc/systemd/system/homelab-it.service";
const conf = "/etc/homelab-it/it.conf";

interface Extra {
  readonly health?: string;
  readonly keeps?: string[];
  readonly files?: { path: string; content: string }[];
  readonly settleSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly mend?: string[];
}

/** A health check that ends the script which asks: the first of its ancestors that is one, the others are its subshells. */
const killed = `p=$$ script=
while p=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$p/status") && [ "$p" -gt 1 ]; do
  if grep -qa 'homelab-unit-apply' "/proc/$p/cmdline"; then script=$p; fi
done
kill -9 "$script"; sleep 1`;

/** A unit of two files, 9 kB each, which is healthy while its configuration says so. */
function unit(version: string, extra: Extra = {}): UnitSpec {
  return unitSchema.parse({
    connection,
    service: "homelab-it.service",
    files: [
      { path: unitFile, content: `# ${version}\n${version.repeat(9000 / version.length)}\n` },
      { path: conf, content: `${version}\n${version.repeat(9000 / version.length)}\n`, mode: "0600" },
      ...(extra.files ?? []),
    ],
    health: {
      exec: ["bash", "-c", extra.health ?? `grep -q good ${conf}`],
      timeoutSeconds: extra.timeoutSeconds ?? 1,
      settleSeconds: extra.settleSeconds ?? 0,
    },
    keeps: extra.keeps ?? [],
    ...(extra.mend === undefined ? {} : { mend: extra.mend }),
  });
}

describe.skipIf(!canMount)("unit-apply.sh on a machine with a small disk", () => {
  let machine: Machine;
  const apply = (spec: UnitSpec, setAside: string[] = []) =>
    machine.script("unit-apply", applyLines(spec, setAside));
  const remove = (spec: UnitSpec) => machine.script("unit-remove", nameLines(spec));
  const observe = (spec: UnitSpec) => parseObserved(machine.script("unit-observe", lookLines(spec)).stdout);
  /** Which version each file has, and what the notes say was healthy last. */
  const standing = () =>
    machine.sh(
      `for f in ${unitFile} ${conf}; do head -n 1 $f 2>&1 | tr -d '# '; done; ls -A /etc/systemd/system /etc/homelab-it; cat /var/lib/homelab/units/homelab-it.service/applied 2>/dev/null | cut -c1-8 || true`,
    );
  const said = (answer: { stdout: string }, key: string) =>
    answer.stdout
      .split("\n")
      .filter((line) => line.startsWith(`${key}\t`))
      .map((line) => line.slice(key.length + 1));

  beforeEach(async () => {
    machine = await Machine.start(400);
  });
  afterEach(() => {
    machine.stop();
  });

  it("is asked for the texts of all files of a unit at once", () => {
    for (const name of ["sha256sum", "stat"])
      machine.sh(
        `printf '#!/bin/bash\necho ${name} >>"$PLAYED/log"; exec /usr/bin/${name} "$@"\n' >/usr/local/sbin/${name}; chmod +x /usr/local/sbin/${name}`,
      );
    const spec = unit("good", {
      files: [1, 2, 3, 4].map((i) => ({ path: `/etc/homelab-it/${i}`, content: `${i}` })),
    });
    expect(apply(spec).code).toBe(0);
    machine.asked();
    expect(driftSentences(spec, observe(spec))).toEqual([]);
    expect(machine.asked().sort()).toEqual(["sha256sum", "stat"]);
    machine.sh("echo more >>/etc/homelab-it/3; rm /etc/homelab-it/4; ln -sfn 3 /etc/homelab-it/2");
    expect(driftSentences(spec, observe(spec)).map((one) => /homelab-it\/\d/.exec(one)?.[0])).toEqual(
      [2, 3, 4].map((i) => `homelab-it/${i}`),
    );
  });

  it("puts a unit in place, and leaves nothing beside it", () => {
    expect(apply(unit("good1"))).toMatchObject({ code: 0, stderr: "" });
    expect(standing()).toMatch(
      /^good1\ngood1\n\/etc\/homelab-it:\nit.conf\n\n\/etc\/systemd\/system:\nhomelab-it.service\n\w{8}$/,
    );
    expect(machine.asked()).toContain("enable homelab-it.service");
    expect(apply(unit("good1")).stdout).toMatch(/did\tkept/);
    expect(machine.sh("ls /var/lib/homelab/units/homelab-it.service")).toMatch(
      /^applied\nfiles\nfiles-\w+\nhealthy\nlock\nwritten$/,
    );
  });

  it("changes nothing, and says so in one sentence, at whatever step the disk is full", () => {
    apply(unit("good1"));
    const before = standing();
    let failures = 0;
    for (let pages = 0; ; pages += 1) {
      machine.fill(pages);
      const answer = apply(unit("good2"));
      machine.free();
      if (answer.code === 0) break;
      failures += 1;
      expect([answer.code, answer.stdout]).toEqual([22, ""]);
      expect(answer.stderr.trim()).toMatch(
        /^\/\S+ cannot be written: No space left on device\. \S+ has \S+ free: nothing was changed, and what ran before is still there\.$/,
      );
      expect(standing()).toBe(before);
    }
    expect(failures).toBeGreaterThan(10);
    expect(standing()).toMatch(/^good2\ngood2\n/);
  }, 60_000);

  it("puts the predecessor back though the new version has filled the disk", () => {
    apply(unit("good1"));
    const before = standing();
    const health = `head -c 10M /dev/zero >"$SMALL_DISK/fill" 2>/dev/null; grep -q good ${conf}`;
    const answer = apply(unit("bad2", { health }));
    expect(answer.code).toBe(20);
    expect(said(answer, "predecessor")).toEqual(["back"]);
    expect(said(answer, "full")).toContain("/var/lib/homelab");
    expect(standing()).toBe(before);
    machine.free();
    expect(apply(unit("good1")).stdout).toMatch(/did\tkept/);
  });

  it("puts back what was declared, also where somebody had edited it and the disk is full", () => {
    apply(unit("good1"));
    machine.sh(`echo 'good by hand' >${conf}`);
    const health = `head -c 10M /dev/zero >"$SMALL_DISK/fill" 2>/dev/null; grep -q good ${conf}`;
    expect(said(apply(unit("bad2", { health })), "predecessor")).toEqual(["back"]);
    expect(machine.sh(`head -n 1 ${conf}`)).toBe("good1");
    expect(machine.sh("cat /var/lib/homelab/set-aside/homelab-it.service/*/etc/homelab-it/it.conf")).toBe(
      "good by hand",
    );
  });

  it("brings back files that the new version has no more when it does not come up", () => {
    const extra = { path: "/etc/homelab-it/extra.conf", content: "extra\n" };
    apply(unit("good1", { files: [extra] }));
    expect(said(apply(unit("bad2")), "predecessor")).toEqual(["back"]);
    expect(machine.sh(`cat ${extra.path}`)).toBe("extra");
    expect(said(apply(unit("good2")), "removed")).toEqual([extra.path]);
    expect(machine.sh("ls -A /etc/homelab-it")).toBe("it.conf");
  });

  describe("where somebody has made a unit of that name by hand", () => {
    beforeEach(() => {
      machine.sh(
        `echo 'ten years of tuning' >${unitFile}; mkdir -p ${unitFile}.d ${conf}; echo '[Service]' >${unitFile}.d/mine.conf; echo deep >${conf}/nested; ln -s /elsewhere /etc/homelab-it/link`,
      );
      machine.play("ActiveState", "active");
      machine.play("UnitFileState", "enabled");
    });
    const others = [`${unitFile}.d/mine.conf`];
    const theirs = () =>
      machine.sh(`cat ${unitFile} ${unitFile}.d/mine.conf ${conf}/nested; readlink /etc/homelab-it/link`);

    it("sets it aside whole, directories too, and says where", () => {
      const link = { path: "/etc/homelab-it/link", content: "ours\n" };
      const answer = apply(unit("good1", { files: [link] }), others);
      expect(answer).toMatchObject({ code: 0 });
      const aside = said(answer, "set-aside").map((line) => line.split("\t"));
      expect(aside.map(([from]) => from)).toEqual([unitFile, conf, link.path, ...others]);
      expect(aside.every(([, to]) => to?.startsWith("/var/lib/homelab/set-aside/homelab-it.service/"))).toBe(
        true,
      );
      const stood = aside.map(([, to]) => to ?? "");
      expect(machine.sh(`cat ${stood[0]} ${stood[1]}/nested; readlink ${stood[2]}`)).toBe(
        "ten years of tuning\ndeep\n/elsewhere",
      );
      // By its own rules, before they are moved away.
      expect(machine.asked()).toEqual(expect.arrayContaining(["stop homelab-it.service"]));
    });

    it("brings it back as it was, enabled and running, when the program's own does not come up", () => {
      const before = theirs();
      const answer = apply(unit("bad1", { files: [{ path: "/etc/homelab-it/link", content: "x" }] }), others);
      expect(answer.code).toBe(20);
      expect(said(answer, "predecessor")).toEqual(["theirs\tactive"]);
      expect(theirs()).toBe(before);
      expect(machine.asked().slice(-2)).toEqual(["enable homelab-it.service", "restart homelab-it.service"]);
      expect(machine.sh("ls -A /var/lib/homelab/set-aside/homelab-it.service 2>/dev/null || true")).toBe("");
    });

    it("brings it back also when the run before was killed in between", () => {
      const before = theirs();
      const bad = unit("bad1", { health: killed, timeoutSeconds: 3 });
      expect(apply(bad, others).code).not.toBe(20);
      expect(machine.sh(`head -n 1 ${conf}`)).toBe("bad1");
      expect(said(apply(unit("bad2")), "predecessor")).toEqual(["theirs\tactive"]);
      expect(theirs().replace(/\/elsewhere$/, "")).toBe(before.replace(/\/elsewhere$/, ""));
    });

    it("leaves it where it is when there is no room to set it aside or to write its own", () => {
      const before = theirs();
      for (let pages = 0; pages < 30; pages += 4) {
        machine.fill(pages);
        const answer = apply(unit("bad1"), others);
        machine.free();
        expect([20, 22]).toContain(answer.code);
        expect(theirs()).toBe(before);
      }
    }, 60_000);

    it("gives it back to nobody but keeps it when the program's own unit is removed", () => {
      apply(unit("good1"), others);
      const answer = remove(unit("good1"));
      expect(answer.stdout).toBe("aside\t/var/lib/homelab/set-aside/homelab-it.service\n");
      expect(machine.sh("grep -rh tuning /var/lib/homelab/set-aside")).toBe("ten years of tuning");
    });
  });

  it("sets aside what stands where only the new version has a file, and brings it back with the predecessor", () => {
    apply(unit("good1"));
    machine.sh("echo mine >/etc/homelab-it/second.conf");
    const files = [{ path: "/etc/homelab-it/second.conf", content: "ours\n" }];
    expect(said(apply(unit("bad2", { files })), "predecessor")).toEqual(["back"]);
    expect(machine.sh("cat /etc/homelab-it/second.conf")).toBe("mine");
    expect(apply(unit("good2", { files })).code).toBe(0);
    expect(machine.sh("cat /etc/homelab-it/second.conf; grep -rh mine /var/lib/homelab/set-aside")).toBe(
      "ours\nmine",
    );
  });

  it("has systemd read the files that a run put there which was killed before that", () => {
    apply(unit("good1"));
    // As after a kill between the last rename and the reload: what is there is as declared, and not noted as applied.
    machine.sh("rm /var/lib/homelab/units/homelab-it.service/applied");
    machine.asked();
    expect(apply(unit("good1")).code).toBe(0);
    expect(machine.asked().join()).toContain("daemon-reload");
  });

  it("does not take its own files of a run that was killed for somebody's", () => {
    apply(unit("good1"));
    apply(unit("bad2", { health: killed }));
    const answer = apply(unit("good3"));
    expect([answer.code, said(answer, "set-aside")]).toEqual([0, []]);
  });

  it("keeps what somebody had edited when it is removed", () => {
    apply(unit("good1"));
    machine.sh(`echo 'good, and mine' >${conf}`);
    expect(remove(unit("good1")).code).toBe(0);
    expect(machine.sh("grep -rh mine /var/lib/homelab/set-aside; ls -A /etc/homelab-it")).toBe(
      "good, and mine",
    );
  });

  it("says at once what systemctl says, and does not wait for a unit that it refuses to start", () => {
    apply(unit("good1"));
    machine.play(
      "refuse",
      "Failed to restart homelab-it.service: Unit data.mount not found.\nSee x for details.\n",
    );
    const begun = Date.now();
    const answer = apply(unit("good2", { timeoutSeconds: 30 }));
    expect(said(answer, "words")).toContain(
      "Failed to restart homelab-it.service: Unit data.mount not found.",
    );
    expect(said(answer, "predecessor")).toEqual(["unhealthy"]);
    expect(said(answer, "waited")).toEqual([]);
    expect(Date.now() - begun).toBeLessThan(10_000);
  });

  it("refuses a masked unit in one sentence before it touches anything", () => {
    machine.play("LoadState", "masked");
    machine.play("FragmentPath", "/etc/systemd/system/homelab-it.service");
    machine.sh(`ln -s /dev/null ${unitFile}`);
    const answer = apply(unit("good1"));
    expect([answer.code, answer.stderr]).toEqual([
      21,
      "it is masked, so that nothing can start it (/etc/systemd/system/homelab-it.service is a link to /dev/null): run `systemctl unmask homelab-it.service` there, then this again.\n",
    ]);
    expect(machine.sh(`readlink ${unitFile}; ls /etc`)).not.toContain("homelab-it\n");
  });

  it("does not wait for a service that has ended by itself", () => {
    const begun = Date.now();
    const health = `echo inactive >"$PLAYED/ActiveState"; false`;
    expect(apply(unit("bad1", { health, timeoutSeconds: 30 })).code).toBe(20);
    expect(Date.now() - begun).toBeLessThan(10_000);
  });

  it("does not call healthy what is started again while another program answers in its place", () => {
    const crash = `n=$(cat "$PLAYED/NRestarts" 2>/dev/null || echo 0); echo $((n + 1)) >"$PLAYED/NRestarts"`;
    const health = `( sleep 0.3; ${crash} ) >/dev/null 2>&1 & true`;
    const answer = apply(unit("good1", { health, settleSeconds: 2, timeoutSeconds: 20 }));
    expect([answer.code, said(answer, "predecessor")]).toEqual([20, ["none"]]);
  });

  it("mends a unit that runs and is ill before it restarts it", () => {
    apply(unit("good1"));
    machine.asked();
    const spec = unit("good1", { health: "[ -e /etc/well ]", mend: ["touch", "/etc/well"] });
    expect(observe(spec).ill).toBe("");
    expect(apply(spec).stdout).toMatch(/did\tmended/);
    expect(machine.asked()).not.toContain("restart homelab-it.service");
    expect(observe(spec).ill).toBeUndefined();
  });

  it("sees a quadlet's name taken by a unit that systemd finds first", () => {
    apply(unit("good1"));
    machine.play("FragmentPath", "/run/systemd/system/homelab-it.service");
    const answer = apply(unit("good2"));
    expect(said(answer, "words")).toEqual([
      "systemd takes it from /run/systemd/system/homelab-it.service, which this program did not write",
    ]);
  });

  it("is not disturbed by what others put in place and take away beside it meanwhile", () => {
    // As many others do at once; each takes its time between a new file and its name.
    const others = "/etc/containers/systemd";
    machine.sh(`mkdir -p ${others}; (while [ -d ${others} ]; do
        for i in {1..40}; do echo x >${others}/.$i.container.$i.service.new; done
        for i in {1..40}; do mv ${others}/.$i.container.$i.service.new ${others}/$i.container; done
        rm -f ${others}/*.container
      done) >/dev/null 2>&1 &`);
    try {
      const answers = Array.from({ length: 5 }, (_, i) => apply(unit(`good${i}`)));
      expect(answers.filter(({ code }) => code !== 0)).toEqual([]);
    } finally {
      machine.sh(`mv ${others} /etc/gone`);
    }
  });

  describe("where its directory was changed", () => {
    const [old, next] = ["/var/lib/data/old", "/var/lib/data/new"];
    beforeEach(() => {
      expect(apply(unit("good1", { keeps: [old] })).code).toBe(0);
      machine.sh(`mkdir -p ${old}/18/docker && echo rows >${old}/18/docker/PG_VERSION`);
    });

    it("refuses to start without the data, in a preview and in a run, and touches nothing", () => {
      const spec = unit("good2", { keeps: [next] });
      expect(observe(spec).moved).toEqual([{ former: old, now: next }]);
      expect(apply(spec)).toMatchObject({ code: 23, stdout: `moved\t${old}\t${next}\n` });
      expect(machine.sh(`head -n 1 ${conf}; ls /var/lib/data`)).toBe("good1\nold");
    });

    it.each(["is empty", "has only a disk's own directory", "has other things"])(
      "also where the new one %s",
      (what) => {
        machine.sh(`mkdir -p ${next}`);
        if (what.includes("disk")) machine.sh(`mkdir ${next}/lost+found`);
        if (what.includes("other")) machine.sh(`mkdir ${next}/photos`);
        expect(apply(unit("good2", { keeps: [next] })).code).toBe(23);
      },
    );

    it("goes on once the data was moved, and still knows the former directory", () => {
      machine.sh(`mkdir -p ${next} && cp -a ${old}/. ${next}/`);
      expect(apply(unit("good2", { keeps: [next] })).code).toBe(0);
      const list = machine
        .script("data", "verb\tlist\nend\n")
        .stdout.split("\n")
        .map((line) => line.split("\t"));
      expect(list.slice(0, 2).map(([how, , path]) => [how, path])).toEqual([
        ["left", old],
        ["used", next],
      ]);
      expect(apply(unit("good3", { keeps: [next] })).code).toBe(0);
      expect(machine.script("data", `verb\tdelete\npath\t${old}\nend\n`)).toMatchObject({ code: 0 });
      expect(machine.sh("ls /var/lib/data")).toBe("new");
    });

    it("goes on where the former directory has nothing or is gone", () => {
      machine.sh(`rm -rf ${old}/18`);
      expect(apply(unit("good2", { keeps: [next] })).code).toBe(0);
    });

    it("takes the word that losing a directory costs nothing for no data", () => {
      machine.sh(`rm -rf ${old}/18 && echo 'copies only' >${old}/.homelab-ephemeral`);
      expect(apply(unit("good2", { keeps: [next] })).code).toBe(0);
    });

    it("refuses also after the unit was removed", () => {
      remove(unit("good1", { keeps: [old] }));
      expect(apply(unit("good1", { keeps: [next] })).code).toBe(23);
      expect(apply(unit("good1", { keeps: [old] })).code).toBe(0);
    });

    it("does not take the directory of a predecessor that was put back for one that was left", () => {
      machine.sh(`mkdir -p ${next} && cp -a ${old}/. ${next}/`);
      expect(said(apply(unit("bad2", { keeps: [next] })), "predecessor")).toEqual(["back"]);
      expect(machine.script("data", `verb\tdelete\npath\t${old}\nend\n`)).toMatchObject({ code: 33 });
    });

    it("never deletes a former directory that holds a present one", () => {
      machine.sh(`mkdir -p ${old}/inner/18`);
      expect(apply(unit("good2", { keeps: [`${old}/inner`] })).code).toBe(0);
      expect(machine.script("data", `verb\tdelete\npath\t${old}\nend\n`)).toMatchObject({ code: 33 });
      expect(machine.sh(`ls ${old}/inner`)).toBe("18");
    });
  });
});
