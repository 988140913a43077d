import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it, vi } from "vitest";
import { RemoteError } from "../packages/errors";
import { house } from "../power/testing";
import { replicationStatus } from "../remote/replication";
import { loadSettings } from "../settings";
import type { StackContext } from "./run-stack";
import { requirePrimary, currentPrimary, notPrimaryReason } from "./primary";

vi.mock("../remote/replication", () => ({ replicationStatus: vi.fn() }));
vi.mock("./is-on", () => ({ isOn: () => Promise.resolve(true) }));

const none = { unit: "active", streaming: false, followers: [], former: [] };

it("lets storage's stack go on while storage is primary, or nothing is known of another", () => {
  expect(notPrimaryReason({ ...none, role: "primary" }, undefined)).toBeUndefined();
  expect(notPrimaryReason(undefined, undefined)).toBeUndefined();
  expect(notPrimaryReason({ ...none, unit: "failed" }, { ...none, role: "standby" })).toBeUndefined();
});

it("says that desktop is primary, whoever knows it", () => {
  const promoted = "2026-11-26T10:00:00Z";
  expect(notPrimaryReason(undefined, { ...none, role: "primary", promoted })).toMatch(
    /^desktop's PostgreSQL is primary since 2026-11-26T10:00:00Z, so .*docs\/runbooks\/promote\.md\.$/,
  );
  const peer = { role: "primary", system: "7", timeline: 2 };
  expect(notPrimaryReason({ ...none, role: "standby", peer }, undefined)).toMatch(
    /^desktop's PostgreSQL is primary/,
  );
});

it("says so also where the replica was taken out of the settings: the fence is on storage itself", () => {
  expect(notPrimaryReason({ ...none, unit: "failed", fenced: "why" }, undefined)).toMatch(
    /not primary any more/,
  );
  expect(notPrimaryReason({ ...none, role: "standby" }, undefined)).toMatch(/not primary any more/);
});

describe("a server that cannot be asked on a node that is on", () => {
  const topology = house;
  const settings = (name: "storage" | "desktop", keys: object) =>
    loadSettings(name, { [`homelab:${name === "storage" ? "postgres" : "replica"}`]: JSON.stringify(keys) });
  const replica = { replica: { enabled: true } };
  const silent = () => Promise.reject(new RemoteError("storage did not finish pair within 60 s."));

  /** What the run says beside its end. */
  async function run(preview: boolean, what: () => Promise<unknown>) {
    const said: string[] = [];
    vi.spyOn(pulumi.runtime, "isDryRun").mockReturnValue(preview);
    vi.spyOn(pulumi.log, "error").mockImplementation((text) => Promise.resolve(void said.push(text)));
    vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    const ended = await what().then(
      () => "went on",
      (error: unknown) => (error as Error).message,
    );
    vi.restoreAllMocks();
    return { said, ended };
  }
  const ofStorage = () =>
    requirePrimary(topology, settings("storage", replica) as StackContext<"storage">["settings"]);
  const ofDesktop = () =>
    currentPrimary({
      node: topology.nodes.desktop,
      settings: settings("desktop", { enabled: true }),
    } as StackContext<"desktop">);

  it.each([
    ["storage's stack", ofStorage],
    ["desktop's stack", ofDesktop],
  ])("makes a preview of %s fail, and ends an up", async (_what, stack) => {
    vi.mocked(replicationStatus).mockImplementation(silent);
    const sentence =
      /^Which of the two .* primary is not known: \w+'s cannot be asked \(storage did not finish/;
    const preview = await run(true, stack);
    expect(preview.ended).toBe("went on");
    expect(preview.said[0]).toMatch(sentence);
    expect((await run(false, stack)).ended).toMatch(sentence);
  });

  it("is no hindrance where the other one says that it is primary: that is the sentence then", async () => {
    vi.mocked(replicationStatus)
      .mockImplementationOnce(silent)
      .mockResolvedValueOnce({ ...none, role: "primary" });
    expect((await run(false, ofStorage)).ended).toMatch(/^desktop's PostgreSQL is primary/);
  });

  it("is not asked for where storage's is primary itself", async () => {
    vi.mocked(replicationStatus)
      .mockReset()
      .mockResolvedValueOnce({ ...none, role: "primary" });
    expect(await run(false, ofStorage)).toEqual({ said: [], ended: "went on" });
    expect(replicationStatus).toHaveBeenCalledOnce();
  });
});
