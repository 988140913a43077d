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

/** A podman with one container, of which `inspect` says nothing; `after` is what it lists from then on. */
const silent = (after: string) => `#!/bin/bash
case "$1 $2" in
"ps -aq") if [ -e /run/asked ]; then ${after}; else echo c0ffee; fi ;;
"volume ls") ;;
*) touch /run/asked; echo '[]'; exit 125 ;;
esac
`;

it.skipIf(!canMount).each([
  ["ends with a sentence where podman does not say what a container is", "echo c0ffee", 23],
  ["leaves out a container that went while it looked", "true", 0],
] as const)("an audit %s", async (_, after, expected) => {
  const machine = await Machine.start(2000);
  try {
    machine.play("podman", silent(after));
    // Searching this computer's disks is another test's.
    machine.sh("printf '#!/bin/bash\\n' >/usr/local/sbin/timeout && chmod +x /usr/local/sbin/timeout");
    const { code, stdout, stderr } = machine.script("audit", "verb\tlook\nend\n");
    expect(code).toBe(expected);
    expect(stdout).not.toMatch(/^container/m);
    if (expected === 0) expect(stdout).toMatch(/^end$/m);
    else expect(stderr).toMatch(/^podman does not say what c0ffee is: what would be lost cannot be known/);
  } finally {
    machine.stop();
  }
});
