import { expect, it } from "vitest";
import { superseded } from "./primary";

const none = { unit: "active", streaming: false, followers: [], former: [] };

it("lets storage's stack go on while storage is primary, or nothing is known of another", () => {
  expect(superseded({ ...none, role: "primary" }, undefined)).toBeUndefined();
  expect(superseded(undefined, undefined)).toBeUndefined();
  expect(superseded({ ...none, unit: "failed" }, { ...none, role: "standby" })).toBeUndefined();
});

it("says that desktop is primary, whoever knows it", () => {
  const promoted = "2026-11-26T10:00:00Z";
  expect(superseded(undefined, { ...none, role: "primary", promoted })).toMatch(
    /^desktop's PostgreSQL is primary since 2026-11-26T10:00:00Z, so .*docs\/runbooks\/promote\.md\.$/,
  );
  const peer = { role: "primary", system: "7", timeline: 2 };
  expect(superseded({ ...none, role: "standby", peer }, undefined)).toMatch(
    /^desktop's PostgreSQL is primary/,
  );
});

it("says so also where the replica was taken out of the settings: the fence is on storage itself", () => {
  expect(superseded({ ...none, unit: "failed", fenced: "why" }, undefined)).toMatch(/not primary any more/);
  expect(superseded({ ...none, role: "standby" }, undefined)).toMatch(/not primary any more/);
});
