import { describe, expect, it } from "vitest";
import { CircuitBreaker } from "./circuit-breaker";

function breaker() {
  let time = 1000;
  const tested = new CircuitBreaker(30_000, () => time);
  return {
    tested,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

describe("a circuit breaker", () => {
  it("lets everybody through while nothing has failed", () => {
    const { tested } = breaker();
    expect([tested.allows(), tested.allows()]).toEqual([true, true]);
    tested.succeeded();
    expect(tested.allows()).toBe(true);
  });

  it("lets nobody through from a failure until the rest is over", () => {
    const { tested, pass } = breaker();
    tested.failed();
    expect(tested.allows()).toBe(false);
    pass(29_999);
    expect(tested.allows()).toBe(false);
    pass(1);
    expect(tested.allows()).toBe(true);
  });

  it("then lets one through, and everybody once that one has come back well", () => {
    const { tested, pass } = breaker();
    tested.failed();
    pass(30_000);
    expect([tested.allows(), tested.allows(), tested.allows()]).toEqual([true, false, false]);
    tested.succeeded();
    expect([tested.allows(), tested.allows()]).toEqual([true, true]);
  });

  it("rests again when that one fails, or is never heard of again", () => {
    const { tested, pass } = breaker();
    tested.failed();
    pass(30_000);
    expect(tested.allows()).toBe(true);
    pass(10_000);
    tested.failed();
    pass(29_999);
    expect(tested.allows()).toBe(false);
    pass(1);
    expect(tested.allows()).toBe(true);
    pass(30_000);
    expect(tested.allows()).toBe(true);
  });
});
