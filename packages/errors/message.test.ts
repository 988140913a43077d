import { expect, it } from "vitest";
import { clause, errorMessage } from ".";

it("what is no error is told too", () => {
  expect([errorMessage(new Error("a sentence.")), errorMessage("text")]).toEqual(["a sentence.", "text"]);
});

it("a sentence is told as a part of another one without its full stop", () => {
  expect([clause("It is off."), clause("no route to host")]).toEqual(["It is off", "no route to host"]);
});
