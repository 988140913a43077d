import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backend } from "./backend";

let folder = "";
const stacks = () => join(folder, ".pulumi/stacks/homelab");
const attributes = (stack: string, text: string) => {
  const path = join(stacks(), `${stack}.json.attrs`);
  writeFileSync(path, text);
  return path;
};
const loggedIn = (url: string) => backend(() => JSON.stringify({ user: "ada", url }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab state "));
  mkdirSync(stacks(), { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("where the state is", () => {
  it("is said, of a folder and of any other backend", () => {
    expect(loggedIn("s3://states")).toMatchObject({ state: "ok", says: "s3://states" });
    const url = `file://${folder}?metadata=skip`;
    expect(loggedIn(url)).toMatchObject({ state: "ok", says: url });
  });

  it("is a note where nobody is logged in, or nothing is there yet", () => {
    expect(backend(() => undefined).state).toBe("note");
    expect(loggedIn(`file://${folder}/none?metadata=skip`)).toMatchObject({
      state: "note",
      says: expect.stringContaining("nothing is there yet") as string,
    });
  });

  it("is a note where pulumi writes files beside it: the address that keeps it from that is named", () => {
    attributes("storage", "{}\n");
    expect(loggedIn(`file://${folder}`)).toMatchObject({
      state: "note",
      says: expect.stringContaining(`pulumi login "file://${folder}?metadata=skip"`) as string,
    });
    expect(loggedIn(`file://${folder}?create_dir=true`).says).toContain("?create_dir=true&metadata=skip");
  });

  it.each(["", "{", '{"user.cache_control":""'])(
    "a file beside it of which a killed run wrote '%s' is named",
    (text) => {
      attributes("desktop", "{}\n");
      const torn = attributes("storage", text);
      for (const url of [`file://${folder}`, `file://${folder.replaceAll(" ", "%20")}?metadata=skip`]) {
        const { state, says } = loggedIn(url);
        expect(state).toBe("missing");
        expect(says).toContain("failed to load checkpoint: EOF");
        expect(says.endsWith(`: ${torn}`)).toBe(true);
      }
    },
  );
});
