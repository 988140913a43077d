import { describe, expect, it } from "vitest";
import { house } from "../power/testing";
import { checkSettings, loadSettings } from ".";
import { refusals } from "./testing";

const around = { home: "/nowhere", exists: () => false };
const wrong = (backup: object) =>
  refusals(() => {
    const settings = loadSettings("storage", { "homelab:backup": JSON.stringify(backup) }, around);
    checkSettings(settings, "storage", house);
  });
const bucket = { files: true, offNode: "s3:https://host/bucket" };
const keys = { AWS_ACCESS_KEY_ID: "me", AWS_SECRET_ACCESS_KEY: "hidden" };

describe("homelab:backup.offNode", () => {
  it("may be a bucket, with what restic wants to know of it", () => {
    expect(wrong({ ...bucket, offNodeEnvironment: keys })).toEqual([]);
  });

  it("needs a repository for files on storage", () => {
    expect(wrong({ ...bucket, files: false })).toEqual([
      "homelab:backup.files is false: it must be true for homelab:backup.offNode and homelab:backup.paths.",
    ]);
  });

  it.each([
    ["without a repository", ""],
    ["for desktop's, whose password is made here", "desktop"],
  ])("takes no variables %s", (_, offNode) => {
    expect(wrong({ files: true, offNode, offNodeEnvironment: keys })).toEqual([
      expect.stringMatching(/^homelab:backup\.offNodeEnvironment is set: it must be empty, unless/),
    ]);
  });

  it.each(["RESTIC_PASSWORD", "aws_key", "A=B"])("takes no variable named %s, and shows no value", (name) => {
    const [said = ""] = wrong({ ...bucket, offNodeEnvironment: { [name]: "hidden" } });
    expect(said).toContain("must be a variable of restic's environment such as AWS_ACCESS_KEY_ID");
    expect(said).not.toContain("hidden");
  });

  it("takes no value of two lines, and does not show it", () => {
    const [said = ""] = wrong({ ...bucket, offNodeEnvironment: { AWS_ACCESS_KEY_ID: "hid\nden" } });
    expect(said).toMatch(/^homelab:backup\.offNodeEnvironment\.AWS_ACCESS_KEY_ID .*must be one line/);
    expect(said).not.toContain("hid");
    const [other = ""] = wrong({ ...bucket, offNode: "rest:https://me:hid\nden@host/" });
    expect(other).toMatch(/^homelab:backup\.offNode .*must be one line/);
    expect(other).not.toContain("hid");
  });
});
