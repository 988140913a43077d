import { describe, expect, it } from "vitest";
import { parseTopology } from "../topology";
import { magicPacket } from "./wake-on-lan";
import { house, pretend } from "./testing";
import { wake } from "./wake";

const limit = { limit: 60 };

describe("the packet", () => {
  it("is six bytes ff and sixteen times the address, 102 bytes in all", () => {
    const packet = magicPacket("02:4c:0a:42:00:0d");
    expect(packet.toString("hex")).toBe(`ffffffffffff${"024c0a42000d".repeat(16)}`);
    expect(packet).toHaveLength(102);
  });

  it("is not made of what is no address", () => {
    expect(() => magicPacket("02:4c")).toThrow('"02:4c" is no hardware address');
  });
});

describe("waking a node", () => {
  it("sends the packet from the first always-on node that answers, and waits for the node's own key", async () => {
    const { power, done, said } = pretend(["desktop"], () => ({}));
    await wake(power, "compute", limit);
    expect(done).toEqual(["packet desktop compute 102", "look compute"]);
    expect(said).toEqual([
      "desktop has sent compute (02:4c:41:42:00:0d) a packet; waiting until it answers.",
      "compute is on: it answered after 0 s.",
    ]);
  });

  it("says of one that is on that it is, and sends nothing", async () => {
    const { power, done, said } = pretend(["storage", "compute"], () => ({}));
    await wake(power, "compute", limit);
    expect(done).toEqual(["look compute", "word storage compute on"]);
    expect(said).toEqual([expect.stringMatching(/^compute is on already, since 1970-01-01 /)]);
  });

  it("notes on storage that it is on, so that a power cut is not taken for the sleep before it", async () => {
    const { power, done } = pretend(["storage"], () => ({}));
    await wake(power, "compute", limit);
    expect(done.at(-1)).toBe("word storage compute on");
  });

  it("is no failure where that cannot be noted", async () => {
    const { power, said } = pretend(["storage"], () => ({
      keepWord: () => Promise.reject(new Error("storage: no room.")),
    }));
    await wake(power, "compute", limit);
    expect(said.at(-1)).toBe("That compute is on could not be noted: storage: no room.");
  });

  it("asks another always-on node when the first cannot send", async () => {
    const { power, done } = pretend(["storage", "desktop"], (usual) => ({
      sendPacket: (from, ...rest) =>
        from.name === "storage"
          ? Promise.reject(new Error("storage: no way."))
          : usual.sendPacket(from, ...rest),
    }));
    await wake(power, "compute", limit);
    expect(done[0]).toBe("packet desktop compute 102");
  });

  it("refuses in one sentence where the topology has no address, or nobody can send", async () => {
    const { power, done } = pretend([], () => ({}));
    const { mac, ...compute } = house.nodes.compute;
    expect(mac).toBeDefined();
    const without = { ...power, topology: { ...house, nodes: { ...house.nodes, compute } } };
    await expect(wake(without, "compute", limit)).rejects.toThrow(
      /^compute is off and cannot be woken: put .* into nodes\.compute\.mac of the topology;.*\.$/,
    );
    await expect(wake(power, "compute", limit)).rejects.toThrow(
      "compute cannot be woken, for no always-on node can send the packet: storage does not answer; desktop does not answer.",
    );
    expect(done).toEqual([]);
  });

  it("never has an on-demand node send", async () => {
    const text = JSON.stringify({
      nodes: Object.fromEntries(
        Object.values(house.nodes).map(({ name, address, hostKey, mac, lifecycle }) => [
          name,
          {
            address,
            hostKey,
            lifecycle: name === "desktop" ? "on-demand" : lifecycle,
            memory: "16GB",
            ...(mac === undefined ? {} : { mac }),
          },
        ]),
      ),
    });
    const { power } = pretend(["desktop"], () => ({}));
    const topology = parseTopology(text, "topology.yaml");
    await expect(wake({ ...power, topology }, "compute", limit)).rejects.toThrow(
      "can send the packet: storage does not answer.",
    );
  });

  it("sends again while it waits, tells how long it has waited, and gives up after the limit", async () => {
    const { power, done, said } = pretend(["storage"], (_usual, { done: list }) => ({
      sendPacket: () => {
        list.push("packet");
        return Promise.resolve();
      },
    }));
    await expect(wake(power, "compute", limit)).rejects.toThrow(
      /^compute did not come up within 60 s \(nothing answers at 10\.0\.0\.3, port 22\): see that Wake-on-LAN is on .*\.$/,
    );
    expect(done).toEqual(["packet", "packet", "packet", "packet"]);
    expect(said).toContain("compute does not answer yet (10 s of at most 60 s).");
  });

  it("waits for a machine that answers but does not let in yet", async () => {
    let tries = 0;
    const { power, done, said } = pretend(["storage"], (usual, state) => ({
      look: (node) => (tries++ < 3 ? Promise.reject(new Error("System is booting up.")) : usual.look(node)),
      forget: () => {
        state.done.push("forget");
        return Promise.resolve();
      },
    }));
    await wake(power, "compute", limit);
    expect(done.filter((one) => one === "forget")).toHaveLength(3);
    expect(said.at(-1)).toBe("compute is on: it answered after 3 s.");
  });

  it("ends at once where another host key is shown", async () => {
    const { power } = pretend(["storage"], () => ({
      look: () => Promise.reject(new Error("compute shows another host key than the topology has.")),
    }));
    await expect(wake(power, "compute", limit)).rejects.toThrow("another host key");
  });

  it("takes back the cordon of a sleep that was stopped, and leaves somebody else's", async () => {
    const verbs: string[] = [];
    const cordoned = (by: "ours" | "other") =>
      pretend(["storage", "compute"], () => ({
        clusterNode: (_server, node, verb) => {
          verbs.push(`${by} ${verb} ${node}`);
          return Promise.resolve({ ready: true, cordoned: by });
        },
      }));
    const ours = cordoned("ours");
    await wake(ours.power, "compute", limit);
    expect(ours.said.at(-1)).toBe("compute takes pods again.");
    const other = cordoned("other");
    await wake(other.power, "compute", limit);
    expect(other.said.at(-1)).toBe("compute stays cordoned: somebody did that by hand.");
    expect(verbs).toEqual(["ours state compute", "ours return compute", "other state compute"]);
  });
});
