import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { until } from "../support/until";
import { onNode } from "../support/lab";
import { Prefect } from "../support/prefect";
import { nothingToChange, up, well } from "../support/stack";

/** With `lab/jobs on`: another version of Prefect, played by a note that names another image and by tables that it changed. */
const prefect = new Prefect();
const dumps = "/srv/homelab/prefect/dumps";
const books = (statement: string, database = "prefect") =>
  onNode(
    "storage",
    `podman exec -i --user postgres postgres psql -qtAX -v ON_ERROR_STOP=1 -d ${database}`,
    statement,
  ).trim();
const newest = () => onNode("storage", `find ${dumps} -name '*.dump' | sort | tail -n 1`).trim();
const answers = () =>
  until(
    "that Prefect answers",
    async () => ((await prefect.status("/api/health").catch(() => 0)) === 200 ? true : undefined),
    300,
  );

afterAll(async () => {
  onNode("storage", "systemctl start prefect");
  await answers();
});

describe("another version of Prefect", () => {
  it("starts only once the tables of the former one are dumped, and each start after that dumps nothing", async () => {
    const before = newest();
    onNode("storage", `printf 'example.org/prefect:former\\n' >${dumps}/image && systemctl restart prefect`);
    await answers();
    const dump = newest();
    expect(dump).not.toBe(before);
    expect(onNode("storage", `cat ${dump}.image; stat -c %a ${dump}`)).toBe(
      "example.org/prefect:former\n600\n",
    );
    onNode("storage", "systemctl restart prefect");
    await answers();
    expect(newest()).toBe(dump);
  });

  it("does not start where the tables cannot be dumped", async () => {
    const image = onNode("storage", `cat ${dumps}/image`);
    onNode("storage", "systemctl stop prefect");
    onNode("storage", `printf 'example.org/prefect:former\\n' >${dumps}/image && mkdir ${dumps}/.part`);
    try {
      expect(onNode("storage", "systemctl start prefect && echo started || echo refused").trim()).toBe(
        "refused",
      );
    } finally {
      onNode("storage", `rmdir ${dumps}/.part`);
      onNode("storage", `cat >${dumps}/image`, image);
      onNode("storage", "systemctl reset-failed prefect; systemctl start prefect");
    }
    await answers();
  });

  it("is left again by one command: the former tables come back, and the later ones are kept", async () => {
    const dump = newest();
    const runs = await prefect.ask("POST", "/flow_runs/count", z.number(), {});
    const revision = books("select version_num from alembic_version");
    books("update alembic_version set version_num = 'ffffffffffff'");
    const since = onNode("storage", "date +%s").trim();
    onNode("storage", "systemctl restart --no-block prefect");
    await until(
      "that it does not start on tables that it does not know",
      () =>
        onNode(
          "storage",
          `journalctl -q -o cat -u prefect --since @${since} | grep -c "Can't locate revision" || true`,
        ).trim() === "0"
          ? undefined
          : true,
      300,
    );
    onNode("storage", "systemctl stop prefect");
    const said = onNode("storage", `bash /etc/homelab/prefect/tables.sh restore prefect ${dump}`);
    expect(said).toContain("Set homelab:prefect.image and homelab:jobs.image to example.org/prefect:former");
    const [, kept = ""] = /are the database (prefect_until_\w+)\./.exec(said) ?? [];
    expect(books("select version_num from alembic_version")).toBe(revision);
    expect(books("select version_num from alembic_version", kept)).toBe("ffffffffffff");
    well(up("storage"));
    await answers();
    nothingToChange();
    expect(await prefect.ask("POST", "/flow_runs/count", z.number(), {})).toBeGreaterThan(0);
    expect(Number(books("select count(*) from flow_run", kept))).toBeGreaterThanOrEqual(runs);
    books(`drop database ${kept}`, "postgres");
    expect((await prefect.runs("three-is-fine")).state).toMatchObject({ name: "Completed" });
  });
});
