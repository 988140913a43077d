import { afterAll, expect, it } from "vitest";
import { onNode } from "../support/lab";
import { up, well } from "../support/stack";

/** A container that somebody made has the name of one of the program's own. */
const name = "homelab-backup-repository";
const aside = () =>
  onNode(
    "desktop",
    `podman ps -a --format '{{.Names}} {{.State}}' | grep '^${name}-set-aside-' || true`,
  ).trim();

afterAll(() => {
  onNode(
    "desktop",
    `for each in $(podman ps -a --format '{{.Names}}' | grep '^${name}-set-aside-'); do podman rm -f "$each"; done; systemctl start ${name}`,
  );
});

it("a container of that name is set aside whole, said so, and nothing in it is lost", () => {
  onNode(
    "desktop",
    `systemctl stop ${name}; image=$(sed -n 's/^Image=//p' /etc/containers/systemd/${name}.container)
podman run -d --name ${name} --entrypoint sh "$image" -c 'echo ten years >/mine; exec sleep 100000'`,
  );
  const { text } = well(up("desktop", "--target", "**::backup-repository-unit"));
  expect(text).toContain(`the container ${name}`);
  expect(aside()).toMatch(/^homelab-backup-repository-set-aside-\d+T\d+Z exited$/);
  expect(onNode("desktop", `podman cp ${aside().split(" ")[0] ?? ""}:/mine - | tar -xO`)).toBe("ten years\n");
  expect(onNode("desktop", `systemctl is-active ${name}`).trim()).toBe("active");
});
