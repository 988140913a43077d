import { describe, expect, it } from "vitest";
import { replaced } from "./record";

describe("a record", () => {
  const page = "# Results\n\nfirst\n\n## One\n\n1\n\n## Two\n\n2\n";

  it("of the page's own replaces what is above the first section", () => {
    expect(replaced(page, undefined, "# Results\n\nlater")).toBe(page.replace("first", "later"));
  });

  it("of a section replaces the former one, and leaves the others", () => {
    expect(replaced(page, "Two", "3")).toBe(page.replace("2", "3"));
    expect(replaced(page, "One", "3")).toBe("# Results\n\nfirst\n\n## Two\n\n2\n\n## One\n\n3\n");
    expect(replaced("", "One", "1")).toBe("## One\n\n1\n");
  });
});
