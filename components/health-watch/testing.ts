import { onNode } from "../../tests/support/lab";

/**
 * Looks on desktop, where a look is made at once and not waited for (the timer's own looks are as good), until the watch has said
 * something since, at most so many times.
 */
export const lookUntil = (since: string, words: string, times: number) =>
  onNode(
    "desktop",
    `for i in $(seq ${times}); do
       # Nobody looks as often as these tests.
       systemctl reset-failed homelab-health.service 2>/dev/null || true
       systemctl start homelab-health.service
       ! journalctl -o cat -u homelab-health --after-cursor='${since}' | grep -F '${words}' || exit 0
     done; echo 'it was not said' >&2; exit 1`,
  );

/** Where the watch's journal ends now. */
export const cursor = () =>
  /^-- cursor: (.*)$/m.exec(onNode("desktop", "journalctl -n 0 --show-cursor -u homelab-health"))?.[1] ?? "";
