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

it.skipIf(!canMount)(
  "an audit whose search of the disks was ended says so, and finds not nothing",
  async () => {
    const machine = await Machine.start(2000);
    try {
      machine.play("podman", "#!/bin/bash\nexit 0\n");
      machine.sh(
        `printf '#!/bin/bash\n[ "$2" = find ] && exit 124\nexit 0\n' >/usr/local/sbin/timeout && chmod +x /usr/local/sbin/timeout`,
      );
      const { code, stdout, stderr } = machine.script("audit", "verb\tlook\nend\n");
      expect(stderr).toMatch(/^The search for files of databases did not end/);
      expect(code).toBe(23);
      expect(stdout).not.toMatch(/^end$/m);
    } finally {
      machine.stop();
    }
  },
);
