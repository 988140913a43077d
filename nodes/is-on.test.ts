import { createServer, type AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { house } from "../power/testing";
import { isOn } from "./is-on";

it("a node is asked once a run whether it is on, by all that want to know", async () => {
  let asked = 0;
  const server = createServer((socket) => {
    asked += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { storage } = house.nodes;
  const node = {
    ...storage,
    address: "127.0.0.1",
    ssh: { ...storage.ssh, port: (server.address() as AddressInfo).port },
  };
  expect([await isOn(node), await isOn(node)]).toEqual([true, true]);
  server.close();
  expect(asked).toBe(1);
});
