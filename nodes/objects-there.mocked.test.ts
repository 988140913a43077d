import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { house } from "../power/testing";
import { RemoteError } from "../packages/errors";
import { objectStores, type ObjectStores } from "../remote/object-stores";
import { loadSettings } from "../settings";
import { connectionOf } from "../topology";
import { leftBehindReason, requireObjectsServed } from "./objects-there";
import type { StackContext } from "./run-stack";

vi.mock("../remote/object-stores", () => ({ objectStores: vi.fn() }));
vi.mock("./is-on", () => ({ isOn: () => Promise.resolve(true) }));

const directories = { minio: "/srv/homelab/minio", seaweedfs: "/srv/homelab/seaweedfs" };
const gone = { there: false, holds: false, runs: false };
const empty = { there: true, holds: false, runs: true };
const full = { there: true, holds: true, runs: true };
const left = { ...full, runs: false };

describe("an engine that would take the place of the other one's objects", () => {
  it.each([
    ["minio", "seaweedfs", "SeaweedFS's"],
    ["seaweedfs", "minio", "MinIO's"],
  ] as const)("is refused: %s where the objects are %s's", (engine, other, whose) => {
    const found = { minio: gone, seaweedfs: gone, [other]: full };
    const sentence = leftBehindReason({ engine }, found, directories);
    expect(sentence).toContain(`the objects are ${whose} (${directories[other]} on storage)`);
    expect(sentence).toContain(`Set homelab:objectStore.engine to ${other};`);
    // The way by the runbook: it ran beside before it serves.
    expect(leftBehindReason({ engine }, { ...found, [engine]: empty }, directories)).toBeUndefined();
  });

  it("is refused also where it has objects of former days: it was moved away from, and runs no more", () => {
    const sentence = leftBehindReason({ engine: "minio" }, { minio: left, seaweedfs: full }, directories);
    expect(sentence).toContain(
      "MinIO has only what it had when it last ran. Set homelab:objectStore.engine to seaweedfs;",
    );
    // The machine was set up anew, and its data is on another disk.
    expect(
      leftBehindReason({ engine: "minio" }, { minio: left, seaweedfs: left }, directories),
    ).toBeUndefined();
  });

  it("may begin where there are no objects, or none but its own", () => {
    for (const engine of ["minio", "seaweedfs"] as const) {
      const other = engine === "minio" ? "seaweedfs" : "minio";
      expect(leftBehindReason({ engine }, { minio: gone, seaweedfs: gone }, directories)).toBeUndefined();
      const buckets = { [engine]: gone, [other]: empty };
      expect(leftBehindReason({ engine }, buckets as typeof found, directories)).toBeUndefined();
      const served = { [engine]: full, [other]: gone };
      expect(leftBehindReason({ engine }, served as typeof found, directories)).toBeUndefined();
    }
  });
  const found: Pick<ObjectStores, "minio" | "seaweedfs"> = { minio: full, seaweedfs: gone };

  const ended = (preview: boolean) => {
    const said: string[] = [];
    vi.spyOn(pulumi.runtime, "isDryRun").mockReturnValue(preview);
    vi.spyOn(pulumi.log, "error").mockImplementation((text) => Promise.resolve(void said.push(text)));
    const settings = loadSettings("storage", { "homelab:objectStore": '{"engine":"seaweedfs"}' });
    const node = house.nodes.storage;
    return requireObjectsServed({
      ...{ topology: house, node, settings, connection: connectionOf(node, undefined) },
    } as StackContext<"storage">)
      .then(
        (buckets) => ({ said, buckets }),
        (error: unknown) => ({ said, message: (error as Error).message }),
      )
      .finally(() => vi.restoreAllMocks());
  };
  beforeEach(() => {
    vi.mocked(objectStores)
      .mockReset()
      .mockResolvedValue({ ...found, buckets: ["mlflow"] });
  });

  it("makes a preview fail, and ends an up with nothing changed", async () => {
    const preview = await ended(true);
    expect(preview).toMatchObject({ buckets: [] });
    expect(preview.said).toHaveLength(1);
    expect(await ended(false)).toHaveProperty("message", expect.stringMatching(/Nothing was changed\.$/));
  });

  it("goes on where its own objects are there, and an up takes over the buckets that are", async () => {
    vi.mocked(objectStores).mockResolvedValue({ minio: gone, seaweedfs: full, buckets: ["mlflow"] });
    expect(await ended(false)).toEqual({ said: [], buckets: ["mlflow"] });
    expect(await ended(true)).toEqual({ said: [], buckets: [] });
  });

  it("is not passed where nobody can look", async () => {
    vi.mocked(objectStores).mockRejectedValue(new RemoteError("storage cannot be read."));
    const sentence = "Which engine has the house's objects is not known: storage cannot be read.";
    expect(await ended(true)).toEqual({ said: [sentence], buckets: [] });
    expect(await ended(false)).toMatchObject({ message: `${sentence} Nothing was changed.` });
  });
});
