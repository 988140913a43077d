import { expect, it } from "vitest";
import { errorMessage } from ".";

it("what is no error is told too", () => {
  expect([errorMessage(new Error("a sentence.")), errorMessage("text")]).toEqual(["a sentence.", "text"]);
});
