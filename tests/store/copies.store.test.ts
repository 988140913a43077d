import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import type { NodeName } from "../../topology";
import { lab, onNode } from "../support/lab";
import { seaweedShell, switchOn } from "../support/seaweed";
import { handedOut, preview, pulumi, up, well } from "../support/stack";
import { meantForAll, openToStranger } from "../support/stranger";

/** With `lab/objects on`: SeaweedFS beside MinIO keeps each object on desktop, too; storage loses its disk, and gets it back. */
const directory = "/srv/homelab/seaweedfs";
const set = (node: NodeName, path: string, value: string) =>
  well(pulumi(node, "config", "set", "--path", `homelab:${path}`, value));
const nothingToChangeOn = (...nodes: NodeName[]) => {
  for (const node of nodes) well(preview(node, "--expect-no-changes"));
};
const seconds = (since: number) => Math.round((Date.now() - since) / 100) / 10;
const say = (text: string) => process.stderr.write(`${text}\n`);

describe("a second copy of each object on desktop", () => {
  let house: StorageOutputs;
  const keys: string[] = [];
  /** One request for each key to the SeaweedFS of a node, all of them by one curl on desktop. @returns `STATUS BODY` by key */
  function ask(node: "storage" | "desktop", method: "GET" | "PUT" | "DELETE", wanted: readonly string[]) {
    const user = house.s3.mlflow;
    if (user === undefined) throw new Error("storage hands out no keys for mlflow.");
    const host = node === "storage" ? "10.77.0.11" : "10.77.0.12";
    const config = wanted.map((key) =>
      [
        `url = "http://${host}:8333/mlflow/copies/${key}"`,
        `user = "${user.accessKey}:${user.secretKey}"`,
        'aws-sigv4 = "aws:amz:us-east-1:s3"',
        `request = "${method}"`,
        ...(method === "PUT" ? [`data-raw = "${key}"`] : []),
        `write-out = "\\n${key} %{http_code}\\n"`,
        ...["silent", "max-time = 20"],
      ].join("\n"),
    );
    const said = onNode("desktop", "curl --config - || true", `${config.join("\nnext\n")}\n`);
    return (key: string) => {
      const [, body = "", status = ""] =
        new RegExp(`(?:^|\\n)([^\\n]*)\\n${key} (\\d{3})(?:\\n|$)`).exec(said) ?? [];
      return `${status} ${body}`;
    };
  }
  const put = (key: string) => Number(ask("storage", "PUT", [key])(key).slice(0, 3));
  const lost = (from: "storage" | "desktop") => {
    const said = ask(from, "GET", keys);
    return keys.filter((key) => said(key) !== `200 ${key}`);
  };
  const putAll = (name: string, count: number) => {
    const wanted = Array.from({ length: count }, (_, i) => `${name}-${i}`);
    const said = ask("storage", "PUT", wanted);
    keys.push(...wanted.filter((key) => said(key).startsWith("200")));
  };
  /** Volumes that are on one node only. */
  const alone = () => {
    const ids = [...seaweedShell("volume.list").matchAll(/\bId:(\d+), /g)].map(([, id]) => id);
    return String(ids.filter((id) => ids.indexOf(id) === ids.lastIndexOf(id)).length);
  };

  beforeAll(() => {
    switchOn();
    house = handedOut();
    putAll("once", 20);
    set("storage", "seaweedfs.copy", "offered");
    well(up("storage"));
    house = handedOut();
    set("desktop", "seaweedfsCopy.image", "localhost/homelab-lab/seaweedfs:4.53");
    set("desktop", "seaweedfsCopy.enabled", "true");
    well(up("desktop"));
    set("storage", "seaweedfs.copy", "required");
    well(up("storage"));
  });
  afterAll(() => {
    ask("storage", "DELETE", keys);
    set("storage", "seaweedfs.copy", "offered");
    well(up("storage"));
    pulumi("desktop", "config", "rm", "homelab:seaweedfsCopy");
    well(up("desktop"));
    pulumi("storage", "config", "rm", "--path", "homelab:seaweedfs.copy");
    well(up("storage"));
    onNode("desktop", `rm -rf ${directory}`);
  });

  it("is made of what was there once, without a hand, and nothing is to change then", async () => {
    nothingToChangeOn("storage", "desktop");
    const began = Date.now();
    await expect.poll(alone, { timeout: 480_000, interval: 5000 }).toBe("0");
    say(`what was there once was there twice after ${seconds(began)} s`);
    putAll("twice", 50);
    expect(keys).toHaveLength(70);
    expect(lost("storage")).toEqual([]);
    await expect.poll(() => lost("desktop"), { timeout: 60_000, interval: 2000 }).toEqual([]);
  });

  it("opens the doors between the two to each other and to nobody else, and shows strangers nothing there", () => {
    const reaches = (from: NodeName, to: string, port: number) =>
      onNode(from, `timeout 5 bash -c '</dev/tcp/${to}/${port}' 2>/dev/null && echo yes || echo no`).trim();
    for (const port of [19333, 9334, 19334, 19335]) {
      expect([port, reaches("desktop", "10.77.0.11", port)]).toEqual([port, "yes"]);
      expect([port, reaches("compute", "10.77.0.11", port)]).toEqual([port, "no"]);
    }
    for (const port of [9334, 19334, 19335]) {
      expect([port, reaches("storage", "10.77.0.12", port)]).toEqual([port, "yes"]);
      expect([port, reaches("compute", "10.77.0.12", port)]).toEqual([port, "no"]);
    }
    for (const port of [9333, 9335, 18333])
      expect([port, reaches("desktop", "10.77.0.11", port)]).toEqual([port, "no"]);
    for (const node of ["storage", "desktop"] as const)
      expect(openToStranger(node), node).toEqual(meantForAll(node));
    // Who comes from within, but by another address than one of the two's, as a pod of storage would.
    const within = "curl --interface 127.0.0.2 -s -o /dev/null -m 5 -w '%{http_code}'";
    expect(onNode("storage", `${within} 'http://127.0.0.1:9333/col/delete?collection=none'`)).toBe("401");
    const chunk = "curl -s -o /dev/null -m 5 -w '%{http_code}' http://10.77.0.11:9334/1,01637037d6";
    expect(onNode("desktop", chunk)).toBe("401");
  });

  it("is read while storage is off", async () => {
    lab("node", "kill", "storage");
    const off = Date.now();
    try {
      await expect.poll(() => lost("desktop"), { timeout: 120_000, interval: 1000 }).toEqual([]);
      say(`all ${keys.length} were read from desktop ${seconds(off)} s after storage had lost its power`);
    } finally {
      lab("node", "start", "storage");
    }
    await expect.poll(() => put("after-power"), { timeout: 120_000, interval: 2000 }).toBe(200);
    keys.push("after-power");
  });

  it("gives all of them back when storage has lost its disk: by an up, and nothing else", async () => {
    onNode("storage", `systemctl kill -s KILL seaweedfs; systemctl stop seaweedfs; rm -rf ${directory}`);
    expect(lost("desktop")).toEqual([]);
    expect(preview("storage", "--diff").code).toBe(0);
    const began = Date.now();
    well(up("storage"));
    say(`the up took ${seconds(began)} s`);
    await expect.poll(() => lost("storage"), { timeout: 120_000, interval: 2000 }).toEqual([]);
    say(`storage answered for all ${keys.length} after ${seconds(began)} s`);
    await expect.poll(alone, { timeout: 480_000, interval: 5000 }).toBe("0");
    say(`each object was there twice again after ${seconds(began)} s`);
    nothingToChangeOn("storage", "desktop");
    expect(put("after-loss")).toBe(200);
    keys.push("after-loss");
  });

  it("says that nothing can be put while desktop's does not answer, and reads go on", async () => {
    onNode("desktop", "systemctl stop seaweedfs");
    try {
      await expect.poll(() => put("alone"), { timeout: 60_000, interval: 2000 }).not.toBe(200);
      expect(lost("storage")).toEqual([]);
      // Once storage's master has heard that desktop's is gone.
      await expect
        .poll(() => preview("storage", "--diff").text, { timeout: 120_000, interval: 2000 })
        .toContain("desktop keeps the second copy of each object");
      expect(preview("storage", "--expect-no-changes").code).not.toBe(0);
    } finally {
      onNode("desktop", "systemctl start seaweedfs");
    }
    await expect.poll(() => put("together"), { timeout: 120_000, interval: 2000 }).toBe(200);
    keys.push("together");
  });

  it("is taken back: each object is kept on storage alone, and can be read and put there", () => {
    set("storage", "seaweedfs.copy", "offered");
    well(up("storage"));
    well(pulumi("desktop", "config", "rm", "homelab:seaweedfsCopy"));
    well(up("desktop"));
    expect(put("once-again")).toBe(200);
    keys.push("once-again");
    expect(lost("storage")).toEqual([]);
    nothingToChangeOn("storage", "desktop");
    expect(onNode("desktop", `ls ${directory} | head -1`)).not.toBe("");
  });
});
