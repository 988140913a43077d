import { describe, expect, it } from "vitest";
import { nodeNames } from "../../topology";
import { listening, meantForAll, openToStranger } from "../support/stranger";

/** CoreDNS, which K3s has in a pod and the lab's stand-in on the node itself: no component has opened it. */
const dnsOfStandIn = 10053;

describe("what a member of the cluster listens on", () => {
  it.each(nodeNames)(
    "is on %s closed to a stranger on the LAN, but for SSH and what is declared for anyone",
    (node) => {
      expect(listening(node)).toContainEqual({ protocol: "tcp", port: 10250 });
      expect(openToStranger(node).filter(({ port }) => port !== dnsOfStandIn)).toEqual(meantForAll(node));
    },
  );
});
