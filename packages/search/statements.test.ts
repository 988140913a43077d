import { describe, expect, it } from "vitest";
import { merged, nearest, storing, vectorText } from "./statements";
import { dimensions } from "./types";

const embedding = Array.from({ length: dimensions }, (_, i) => (i === 0 ? 1 : 0));
const query = { embedding, k: 10 };
const flat = (text: string) => text.replace(/\s+/g, " ");

describe("an embedding", () => {
  it("has its numbers, all finite, or is refused before anything is asked", () => {
    expect(vectorText(new Float32Array(embedding))).toMatch(/^\[1,0,0,.*,0\]$/);
    expect(() => vectorText([1, 2, 3])).toThrow("has 3 numbers: it must have 384");
    expect(() => vectorText(embedding.map(() => Number.NaN))).toThrow("all finite");
  });
});

describe("a search by PostgreSQL", () => {
  it("lets the index choose, and joins nothing but metadata unless history is wanted", () => {
    const { text, values } = nearest(query);
    expect(flat(text)).toContain("order by d.embedding <=> $1::vector limit 10");
    expect(text).not.toContain("search.messages");
    expect(text).not.toContain("where d.");
    expect(values).toEqual([vectorText(embedding)]);
  });

  it("joins the conversation's last messages by the correlation identifier, in the same statement", () => {
    expect(flat(nearest({ ...query, history: 3 }).text)).toMatch(
      /from search\.messages m where m\.correlation_id = n\.correlation_id order by m\.position desc limit 3/,
    );
  });

  it("gives what is filtered by as values, never as text of the statement", () => {
    const since = new Date(0);
    const filter = { correlationIds: ["x'); drop"], attributes: { a: "' or 1=1" }, since };
    const { text, values } = nearest({ ...query, filter });
    expect(text).not.toMatch(/drop|1=1/);
    expect(values.slice(1)).toEqual([["x'); drop"], since, `{"a":"' or 1=1"}`]);
    expect(flat(text)).toContain(
      "where d.correlation_id = any($2::uuid[]) and d.stored_at >= $3 and f.attributes @> $4::jsonb",
    );
  });

  it.each([0, 1001, 1.5, Number.NaN])("refuses k = %s", (k) => {
    expect(() => nearest({ ...query, k })).toThrow("it must be a whole number from 1 to 1000");
  });
});

describe("a merged search", () => {
  it("takes candidates up to the watermark and everything above it, so that nothing counts twice", () => {
    const { text, values } = merged(query, ["a", "b"], 77);
    expect(flat(text)).toContain("where d.id = any($2::uuid[]) and d.revision <= $3");
    expect(flat(text)).toContain("newer as materialized");
    expect(flat(text)).toContain("where d.revision > $3)");
    expect(values).toEqual([vectorText(embedding), ["a", "b"], 77]);
  });
});

describe("storing", () => {
  it("asks nothing for nothing", () => {
    expect(storing({})).toEqual([]);
    expect(storing({ documents: [], messages: [] })).toEqual([]);
  });

  it("takes rows in the same order whoever stores them, so that two writers do not wait for each other", () => {
    const document = (id: string) => ({ id, correlationId: "c", content: id, embedding });
    const [statement] = storing({ documents: [document("b"), document("a")] });
    expect(statement?.values[0]).toEqual(["a", "b"]);
    const message = (position: number) => ({
      correlationId: "c",
      position,
      role: "user" as const,
      content: "",
    });
    const [messages] = storing({ messages: [message(10), message(9)] });
    expect(messages?.values[1]).toEqual([9, 10]);
  });
});
