import { describe, expect, it } from "vitest";
import { fixtureTopology } from "../fixtures";
import { anywhere, unknown } from "./facts";
import type { NodeRequirement, Placement, ScheduledPlacement } from "./facts";
import { landsOn } from "./nodes";
import type { Topology } from "./topology";

const host = "kubernetes.io/hostname";
const requires = (...terms: NodeRequirement[][]): ScheduledPlacement => ({ ...anywhere, required: [terms] });
const selects = (selector: Record<string, string>): ScheduledPlacement => ({ ...anywhere, selector });
const is = (operator: NodeRequirement["operator"], key: string, ...values: string[]): NodeRequirement => ({
  key,
  operator,
  values,
});

describe("where a thing can land", () => {
  it.each<[string, Placement, string | undefined]>([
    ["no placement: on the on-demand node", anywhere, "compute"],
    ["a placement nobody knows: on the on-demand node", unknown("it is an output"), "compute"],
    ["a host by name", { kind: "host", host: "compute" }, "compute"],
    ["a host by address", { kind: "host", host: "192.168.1.13" }, "compute"],
    ["an always-on host", { kind: "host", host: "192.168.1.11" }, undefined],
    ["a host nobody knows", { kind: "host", host: "10.1.1.1" }, "10.1.1.1"],
    ["nodeName of the on-demand node", { ...anywhere, nodeName: "compute" }, "compute"],
    ["nodeName by address", { ...anywhere, nodeName: "192.168.1.13" }, "compute"],
    ["nodeName of an always-on node", { ...anywhere, nodeName: "storage" }, undefined],
    ["nodeName nobody knows", { ...anywhere, nodeName: "old-laptop" }, "old-laptop"],
    [
      "nodeName goes past the selector",
      { ...anywhere, nodeName: "compute", selector: { [host]: "storage" } },
      "compute",
    ],
    ["a selector for the on-demand node", selects({ [host]: "compute" }), "compute"],
    ["a selector by address", selects({ [host]: "192.168.1.13" }), "compute"],
    ["a selector for an always-on node", selects({ [host]: "desktop" }), undefined],
    ["a selector for a node nobody knows", selects({ [host]: "old-laptop" }), "old-laptop"],
    ["a selector by lifecycle", selects({ "homelab.dev/lifecycle": "always-on" }), undefined],
    ["a selector by the other lifecycle", selects({ "homelab.dev/lifecycle": "on-demand" }), "compute"],
    ["a label the topology knows nothing of", selects({ disktype: "ssd" }), "compute"],
    ["a label the topology gives to another node", selects({ disk: "raid" }), undefined],
    ["a label the topology gives to this node", selects({ gpu: "yes" }), "compute"],
    ["this node's label with another value", selects({ gpu: "no" }), undefined],
    ["two labels of which one excludes it", selects({ gpu: "yes", disk: "raid" }), undefined],
    ["affinity In", requires([is("In", host, "storage", "compute")]), "compute"],
    ["affinity In without it", requires([is("In", host, "storage", "desktop")]), undefined],
    ["affinity NotIn", requires([is("NotIn", host, "compute")]), undefined],
    ["affinity NotIn others", requires([is("NotIn", host, "storage")]), "compute"],
    ["affinity Exists", requires([is("Exists", "gpu")]), "compute"],
    ["affinity Exists of another's label", requires([is("Exists", "disk")]), undefined],
    ["affinity DoesNotExist", requires([is("DoesNotExist", "gpu")]), undefined],
    ["affinity DoesNotExist of another's label", requires([is("DoesNotExist", "disk")]), "compute"],
    ["an operator nobody knows", requires([is(unknown("it is odd"), host, "storage")]), "compute"],
    ["a field", requires([{ ...is("In", "metadata.name", "storage"), field: true }]), undefined],
    ["one of two terms", requires([is("In", host, "storage")], [is("Exists", "gpu")]), "compute"],
    ["two requirements of a term", requires([is("Exists", "gpu"), is("In", host, "storage")]), undefined],
    [
      "two affinities, both of which must hold",
      { ...anywhere, required: [[[is("Exists", "gpu")]], [[is("In", host, "storage")]]] },
      undefined,
    ],
    ["a known and an unknown node", requires([is("In", host, "storage", "old-laptop")]), "old-laptop"],
    [
      "an unknown node that another requirement excludes",
      requires([is("In", host, "old-laptop"), is("NotIn", host, "old-laptop")]),
      undefined,
    ],
  ])("%s", (_, placement, node) => {
    expect(landsOn(placement, fixtureTopology)).toBe(node);
  });

  const labelled = (value: string): Topology => ({
    nodes: [{ name: "n", lifecycle: "on-demand", addresses: [], labels: { cores: value }, taints: [] }],
    networkClasses: [],
  });

  it.each<[string, NodeRequirement["operator"], string, boolean]>([
    ["8", "Gt", "4", true],
    ["4", "Gt", "4", false],
    ["2", "Lt", "4", true],
    ["4", "Lt", "4", false],
  ])("a label of %s is %s %s: %s", (value, operator, than, lands) => {
    expect(landsOn(requires([is(operator, "cores", than)]), labelled(value)) !== undefined).toBe(lands);
  });

  const tainted = (effect: string, value?: string): Topology => ({
    nodes: [
      {
        name: "n",
        lifecycle: "on-demand",
        addresses: [],
        labels: {},
        taints: [{ key: "spot", effect, ...(value === undefined ? {} : { value }) }],
      },
    ],
    networkClasses: [],
  });

  it.each<[string, Topology, ScheduledPlacement["tolerations"], boolean]>([
    ["not tolerated", tainted("NoSchedule"), [], false],
    ["NoExecute, not tolerated", tainted("NoExecute"), [], false],
    ["only preferred", tainted("PreferNoSchedule"), [], true],
    ["tolerated by key", tainted("NoSchedule"), [{ key: "spot", operator: "Exists" }], true],
    ["tolerated wholly", tainted("NoSchedule", "x"), [{ operator: "Exists" }], true],
    ["no key and no operator", tainted("NoSchedule"), [{}], false],
    ["another key", tainted("NoSchedule"), [{ key: "gpu", operator: "Exists" }], false],
    ["the value", tainted("NoSchedule", "x"), [{ key: "spot", operator: "Equal", value: "x" }], true],
    ["another value", tainted("NoSchedule", "x"), [{ key: "spot", value: "y" }], false],
    ["no values on either side", tainted("NoSchedule"), [{ key: "spot" }], true],
    ["the effect", tainted("NoSchedule"), [{ key: "spot", operator: "Exists", effect: "NoSchedule" }], true],
    [
      "another effect",
      tainted("NoSchedule"),
      [{ key: "spot", operator: "Exists", effect: "NoExecute" }],
      false,
    ],
    ["an empty effect", tainted("NoSchedule"), [{ key: "", operator: "Exists", effect: "" }], true],
  ])("a taint %s", (_, topology, tolerations, lands) => {
    expect(landsOn({ ...anywhere, tolerations }, topology) !== undefined).toBe(lands);
  });

  it("lands on any node where no topology is known", () => {
    const none: Topology = { nodes: [], networkClasses: [] };
    expect(landsOn(anywhere, none)).toBe("any node");
    expect(landsOn(selects({ [host]: "somewhere" }), none)).toBe("any node");
    expect(landsOn(unknown("?"), none)).toBe("any node");
  });

  it("lands nowhere on-demand where all nodes are always on", () => {
    const all: Topology = { ...fixtureTopology, nodes: fixtureTopology.nodes.slice(0, 2) };
    expect(landsOn(anywhere, all)).toBeUndefined();
    expect(landsOn(unknown("?"), all)).toBeUndefined();
  });

  it("takes everything to land on a node that is named, if that is on-demand", () => {
    const elsewhere = selects({ [host]: "storage" });
    expect(landsOn(elsewhere, fixtureTopology, "compute")).toBe("compute");
    expect(landsOn(elsewhere, fixtureTopology, "never-heard-of")).toBe("never-heard-of");
    expect(landsOn(anywhere, fixtureTopology, "storage")).toBeUndefined();
  });
});
