import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { onNode } from "../../tests/support/lab";
import { firewallRules } from "./rules";

/** Who gets what, in a house of network namespaces on a lab machine. */
function asked(rules: string): Record<string, Record<string, string>> {
  const script = readFileSync(join(__dirname, "testing/house.sh"), "utf8");
  onNode("desktop", "cat >/run/house.sh", script);
  const said = onNode("desktop", "bash /run/house.sh; rm /run/house.sh", rules);
  const found: Record<string, Record<string, string>> = {};
  for (const line of said.trim().split("\n")) {
    const [who = "", what = "", status = ""] = line.split("\t");
    (found[who] ??= {})[what] = status;
  }
  return found;
}

const rules = firewallRules({
  own: ["192.168.77.13"],
  members: ["192.168.77.12", "fd77::12"],
  cluster: { bridge: "cni0", overlay: "flannel.1", networks: ["10.42.0.0/16", "10.43.0.0/16"] },
  ports: [
    { name: "Dagster", port: 3300, from: ["192.168.77.12"], servedBy: "pod" },
    { name: "opened", port: 30096, from: "anyone", servedBy: "pod" },
  ],
});
const refused = "000";
const answered = "200";

describe("what runs behind a node of the cluster", () => {
  let found: ReturnType<typeof asked>;
  beforeAll(() => {
    found = asked(rules);
  });

  it("is closed to a stranger on the LAN who knows the way, in IPv4 and IPv6, by Services too", () => {
    expect(found.stranger).toEqual({
      "the pod": refused,
      "the pod by IPv6": refused,
      "the Service": refused,
      "the API's Service": refused,
      "a port for members": refused,
      "a port that nobody declared": refused,
      "a port for everybody": answered,
      "the container": refused,
      "the container by IPv6": refused,
      // Whoever publishes a container's port means it.
      "the container's published port": answered,
      "the node's loopback": refused,
    });
  });

  it("is open to the house's nodes", () => {
    expect(new Set(Object.values(found.member ?? {}))).toEqual(new Set([answered]));
  });

  it("is open to pods of the other nodes, and reaches these and the LAN as before", () => {
    expect(found["another node's pod"]).toEqual({ "the pod": answered, "the Service": answered });
    expect(found.pod).toEqual({ "another node's pod": answered, "the LAN": answered });
    expect(found.container).toEqual({ "the LAN": answered });
  });

  it("is open without the rules: what is asked can be answered", () => {
    const { stranger } = asked("table inet homelab\n");
    expect(new Set(Object.values(stranger ?? {}))).toEqual(new Set([answered]));
  });
});
