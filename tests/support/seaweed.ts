import { lab, onNode } from "./lab";

/** SeaweedFS beside MinIO, whatever ran here before: another file of tests may have taken it out. */
export const switchOn = (): void => void lab("objects", "on");

/** What `weed shell` on the lab's storage says to these commands. */
export const seaweedShell = (...commands: string[]): string =>
  onNode(
    "storage",
    "podman exec -i seaweedfs /usr/bin/weed shell -master=127.0.0.1:9333 -filer=127.0.0.1:9335",
    `${commands.join("\n")}\n`,
  );
