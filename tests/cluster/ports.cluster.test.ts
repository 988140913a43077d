import { describe, expect, it } from "vitest";
import { nodeNames } from "../../topology";
import { labTopology } from "../support/lab";
import { listening, openToStranger } from "../support/stranger";

describe("what a member of the cluster listens on", () => {
  it.each(nodeNames)("is on %s closed to a stranger on the LAN, but for SSH", (node) => {
    expect(listening(node)).toContainEqual({ protocol: "tcp", port: 10250 });
    expect(openToStranger(node)).toEqual([{ protocol: "tcp", port: labTopology().nodes[node].ssh.port }]);
  });
});
