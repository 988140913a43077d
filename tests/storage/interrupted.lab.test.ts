import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasMesh } from "../../lab/drills/list";
import { backUpAnew } from "../support/backup";
import { dsnOf, psql, s3 } from "../support/services";
import {
  beginUp,
  ChangedConfig,
  cut,
  destroy,
  handedOut,
  nothingToChange,
  up,
  well,
  type Run,
} from "../support/stack";
import { deleteData, keptData } from "../support/kept";

/** How often a first up is cut off; more by hand: HOMELAB_CUTS=30. With 1, a change is cut off once as well. */
const rounds = Number(process.env.HOMELAB_CUTS ?? "2");
/** Milliseconds after which a change is cut off. */
const moments = rounds === 1 ? [2_500] : [1_500, 2_500, 4_000];
const config = new ChangedConfig();

function everythingWorks(): void {
  const storage = handedOut();
  expect(psql("desktop", dsnOf(storage, "agent", "agent_gateway"), "SELECT '[1,2]'::vector")).toBe("[1,2]");
  expect(psql("desktop", dsnOf(storage, "system", "mlflow"), "SELECT 1")).toBe("1");
  for (const [user, bucket] of [
    ["mlflow", "mlflow"],
    ["dagster", "parquet"],
  ] as const)
    expect(s3(storage, user, "GET", bucket).status).toBe(200);
  nothingToChange();
}

/** An up that is ended by SIGKILL after a while, and the one that follows. */
async function cutAndFinish(milliseconds: number, ...args: string[]): Promise<Run> {
  const run = beginUp(...args);
  const over = await Promise.race([
    run.ended,
    new Promise<undefined>((resolve) =>
      setTimeout(() => {
        resolve(undefined);
      }, milliseconds),
    ),
  ]);
  if (over === undefined) await cut(run);
  return up("storage");
}

function fromNothing(): void {
  well(destroy("storage"));
  deleteData(
    "storage",
    keptData("storage").map(({ path }) => path),
  );
}

/** The n-th of several parts of a time, and any moment in it: all parts of a run are met. */
const momentIn = (part: number, seconds: number) => ((part + Math.random()) / rounds) * seconds * 1000;

describe("an up that is ended at any moment by SIGKILL", () => {
  let firstUp = 0;
  beforeAll(() => {
    fromNothing();
    firstUp = well(up("storage")).seconds;
  });
  afterAll(() => {
    config.remove();
    well(up("storage"));
    // They read what storage hands out, which is new.
    for (const node of ["desktop", "compute"] as const) well(up(node));
    backUpAnew();
  });

  it.each(Array.from({ length: rounds }, (_, round) => round))(
    "is finished by the next: a first one, moment %i",
    async (round) => {
      fromNothing();
      const moment = momentIn(round, firstUp);
      const next = await cutAndFinish(moment);
      expect(next.code, `cut off after ${moment.toFixed(0)} ms:\n${next.text}`).toBe(0);
      // A headscale that begins anew knows nobody: desktop asks by the mesh, and is a member by its next up.
      if (hasMesh()) well(up("desktop"));
      everythingWorks();
    },
  );

  it.each(moments)("is finished by the next: a change, after about %i ms", async (about) => {
    const changed = config.with([[["homelab:postgres", "sharedBuffers"], "96MB"]]);
    const next = await cutAndFinish(about + 1_000 * Math.random(), ...changed);
    expect(next.code, next.text).toBe(0);
    const storage = handedOut();
    expect(psql("desktop", dsnOf(storage, "system", "dagster"), "SHOW shared_buffers")).toBe("128MB");
    everythingWorks();
  });
});
