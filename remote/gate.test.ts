import { describe, expect, it } from "vitest";
import { Gate } from "./gate";

describe("a gate", () => {
  it("lets no more through at once than it has places, and everyone in the end", async () => {
    const gate = new Gate(3);
    let inside = 0;
    let most = 0;
    const task = async () => {
      inside++;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inside--;
    };
    await Promise.all(Array.from({ length: 20 }, () => gate.through(task)));
    expect(most).toBe(3);
  });

  it("gives the place back when a task fails", async () => {
    const gate = new Gate(1);
    await expect(gate.through(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await gate.through(() => Promise.resolve("next"))).toBe("next");
  });
});
