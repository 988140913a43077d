import { expect, it } from "vitest";
import { canMount, Machine } from "./testing/machine";

it.skipIf(!canMount)(
  "an audit ends with a sentence where podman does not answer, and finds not nothing",
  async () => {
    const machine = await Machine.start(2000);
    try {
      // The played podman answers nobody.
      const { code, stdout, stderr } = machine.script("audit", "verb\tlook\nend\n");
      expect(stderr).toMatch(/^podman does not say which containers and volumes there are/);
      expect(code).toBe(23);
      expect(stdout).not.toMatch(/^end$/m);
    } finally {
      machine.stop();
    }
  },
);
