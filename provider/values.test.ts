import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { same, unknown, unwrap, wrap, type Json } from "./values";

const secret = (value: Json): Json => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

describe("values on the wire", () => {
  it("are plain once the secret marks are off, with the places remembered", () => {
    const wire = { server: { password: secret("p"), port: 5432 }, list: ["a", secret("b")] };
    expect(unwrap(wire)).toEqual({
      value: { server: { password: "p", port: 5432 }, list: ["a", "b"] },
      secrets: [
        ["server", "password"],
        ["list", 1],
      ],
      unknowns: [],
    });
  });

  it("tell what is not known yet, inside a secret too", () => {
    expect(unwrap({ a: unknown, b: secret(unknown) }).unknowns).toEqual([["a"], ["b"]]);
  });

  it("carry every secret mark again after a round trip", () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        leaf.map(secret),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie("tree"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (wire) => {
        const { value, secrets } = unwrap(wire);
        expect(wrap(value, secrets)).toEqual(wire);
      }),
    );
  });

  it("are the same whatever the order of their keys, and not when one differs", () => {
    expect(same({ a: 1, b: [{ c: 2, d: null }] }, { b: [{ d: null, c: 2 }], a: 1 })).toBe(true);
    expect(same({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
    expect(same({ a: 1 }, { a: 1, b: 0 })).toBe(false);
  });
});
