import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { nothingKeptOn, persistentOn } from "../components/placement";
import type { Node } from "../topology";
import { runStack } from "./run-stack";

vi.mock("./is-on", () => ({ whyOff: () => Promise.resolve(undefined) }));
vi.mock("../policies/placement-guard", () => ({ placementGuard: () => undefined }));

/** Something of a house's own, in the middle of compute's program. */
const keeps = (node: Node) => ({ own: persistentOn(node, "A wiki", ["/srv/wiki"]) });

beforeAll(() => {
  pulumi.runtime.setAllConfig({ "homelab:topology": join(__dirname, "../tests/fixtures/topology.yaml") });
});

describe("what a person sees of a program", () => {
  const ended = (program: Parameters<typeof runStack<"compute">>[1]) =>
    runStack("compute", program).then(
      () => undefined,
      (error: unknown) => error,
    );

  it.each<[string, Parameters<typeof ended>[0]]>([
    ["at once", ({ node }) => keeps(node)],
    ["after a while", ({ node }) => Promise.resolve(node).then(keeps)],
  ])("that puts data on an on-demand node is one sentence, said %s", async (_, program) => {
    const error = await ended(program);
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      message:
        "A wiki keeps data and cannot run on compute, which is on-demand: name an always-on node, or make it always-on in the topology.",
      stack: "",
    });
  });

  it("that has a mistake of its own is where it is", async () => {
    const mistake = new TypeError("a is not a function");
    expect(
      await ended(() => {
        throw mistake;
      }),
    ).toBe(mistake);
  });

  it("that keeps nothing there is its outputs", async () => {
    const outputs = await runStack("compute", ({ node }) => ({ own: nothingKeptOn(node) }));
    expect(outputs).toMatchObject({ own: { node: "compute", keeps: "none" } });
  });
});
