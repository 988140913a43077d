import { describe, expect, it } from "vitest";
import type { ClusterNode } from "./on-node";
import { sleep } from "./sleep";
import { pretend } from "./testing";

const options = { force: false, drainLimit: 30, limit: 60 };
const member: ClusterNode = { ready: true, cordoned: "ours" };

describe("putting a node to sleep", () => {
  it("powers it off, notes why on storage, and waits until it is gone", async () => {
    const { power, done, said } = pretend(["storage", "compute"], () => ({}));
    await sleep(power, "compute", options);
    expect(done).toEqual(["off compute sleep", "word storage compute sleep"]);
    expect(said).toEqual(["compute is powering off.", "compute is off: it went within 0 s."]);
  });

  it("refuses a node that is always on, before it asks anything", async () => {
    const { power, done } = pretend(["storage", "compute"], () => ({}));
    await expect(sleep(power, "storage", { ...options, force: true })).rejects.toThrow(
      /^storage is always on, .* only on-demand nodes are put to sleep\.$/,
    );
    expect(done).toEqual([]);
  });

  it("says of one that is off that it is", async () => {
    const { power, done, said } = pretend(["storage"], () => ({}));
    await sleep(power, "compute", options);
    expect([done, said]).toEqual([[], ["compute is off already."]]);
  });

  it("shows what would be lost and stays on, until it is forced", async () => {
    const keeps = () =>
      pretend(["storage", "compute"], () => ({
        losses: () => Promise.resolve("If compute vanished now, this would be lost: …\n"),
      }));
    const first = keeps();
    await expect(sleep(first.power, "compute", options)).rejects.toThrow(/^compute stays on: .*--force/);
    expect(first.said).toEqual(["If compute vanished now, this would be lost: …"]);
    expect(first.done).toEqual([]);
    const forced = keeps();
    await sleep(forced.power, "compute", { ...options, force: true });
    expect(forced.done).toContain("off compute sleep");
  });

  it("stays on when it cannot be looked at", async () => {
    const { power, done } = pretend(["storage", "compute"], () => ({
      losses: () => Promise.reject(new Error("The answer arrived cut short.")),
    }));
    await expect(sleep(power, "compute", { ...options, force: true })).rejects.toThrow("cut short");
    expect(done).toEqual([]);
  });

  it("sends its pods elsewhere first, and takes the cordon back once the cluster knows that it is gone", async () => {
    let asked = 0;
    const { power, done, said } = pretend(["storage", "compute"], (_usual, state) => ({
      drain: (_server, node, limit, all) => {
        state.done.push(`drain ${node} ${limit} ${all}`);
        return Promise.resolve(member);
      },
      clusterNode: (_server, node, verb) => {
        state.done.push(`${verb} ${node}`);
        return Promise.resolve({ ...member, ready: asked++ < 3 });
      },
    }));
    await sleep(power, "compute", options);
    expect(done).toEqual([
      "state compute",
      "drain compute 30 false",
      "off compute sleep",
      "word storage compute sleep",
      "state compute",
      "state compute",
      "state compute",
      "return compute",
    ]);
    expect(said.at(-1)).toBe("The cluster knows; compute will take pods again when it is back.");
  });

  it("leaves a cordon that somebody else has made", async () => {
    const verbs: string[] = [];
    const { power } = pretend(["storage", "compute"], () => ({
      drain: () => Promise.resolve({ ready: true, cordoned: "other" }),
      clusterNode: (_server, _node, verb) => {
        verbs.push(verb);
        return Promise.resolve({ ready: true, cordoned: "other" });
      },
    }));
    await sleep(power, "compute", options);
    expect(verbs).toEqual(["state"]);
  });

  it("stays on with its cordon taken back when pods do not go, or it cannot be told to power off", async () => {
    const verbs: string[] = [];
    const cluster = {
      clusterNode: (_server: unknown, _node: unknown, verb: string) => {
        verbs.push(verb);
        return Promise.resolve(member);
      },
    };
    const stuck = pretend(["storage", "compute"], () => ({
      ...cluster,
      drain: () => Promise.reject(new Error("storage: cannot evict pod as it would violate its budget.")),
    }));
    await expect(sleep(stuck.power, "compute", options)).rejects.toThrow(
      "compute stays on: its pods could not be sent elsewhere. storage: cannot evict pod as it would violate its budget. It takes pods again.",
    );
    expect([stuck.done, verbs.splice(0)]).toEqual([[], ["state", "return"]]);
    const deaf = pretend(["storage", "compute"], () => ({
      ...cluster,
      drain: () => Promise.resolve(member),
      powerOff: () => Promise.reject(new Error("compute: no.")),
    }));
    await expect(sleep(deaf.power, "compute", options)).rejects.toThrow("compute: no.");
    expect(verbs).toEqual(["state", "return"]);
  });

  it("stays on without storage, where its pods cannot be sent elsewhere, until it is forced", async () => {
    const { power, done } = pretend(["compute"], () => ({
      keepWord: () => Promise.reject(new Error("storage does not answer.")),
    }));
    await expect(sleep(power, "compute", options)).rejects.toThrow(
      /^compute stays on: storage does not answer/,
    );
    expect(done).toEqual([]);
    await sleep(power, "compute", { ...options, force: true });
    expect(done).toEqual(["off compute sleep"]);
  });

  it("says after its limit that the node does not go", async () => {
    const { power } = pretend(["storage", "compute"], () => ({ powerOff: () => Promise.resolve() }));
    await expect(sleep(power, "compute", options)).rejects.toThrow(/^compute still answers after 60 s: /);
  });
});
