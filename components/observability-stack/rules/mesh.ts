import type { RuleGroup } from "../rule";

const of = (name: string) => `${name}{job="node", node="desktop"}`;

/** The mesh, as each node's own script tells of it: components/tailscale-mesh/scripts/watch.sh. */
export const mesh: RuleGroup = {
  name: "homelab-mesh",
  rules: [
    {
      alert: "MeshLeft",
      // Nothing of the LAN is the worse for it.
      expr: "homelab_mesh_member == 0",
      for: "5m",
      severity: "critical",
      summary:
        "{{ $labels.node }} is no member of the mesh: logged out, its key expired, or tailscaled is down.",
      fires: {
        "a node whose key expired": {
          series: { [of("homelab_mesh_member")]: "1x5 0x20" },
          at: "15m",
          alerts: [
            {
              labels: { job: "node", node: "desktop" },
              says: "desktop is no member of the mesh: logged out, its key expired, or tailscaled is down.",
            },
          ],
        },
      },
      silent: {
        "a tailscaled that was started again": {
          series: { [of("homelab_mesh_member")]: "1x5 0x2 1x20" },
          at: "15m",
        },
      },
    },
    {
      alert: "MeshWithoutCoordination",
      expr: "homelab_mesh_coordinated == 0",
      for: "15m",
      severity: "warning",
      summary:
        "{{ $labels.node }} does not hear from the mesh's coordination server: what is connected goes on, nothing new joins.",
      fires: {
        "a coordination server that is off": {
          series: { [of("homelab_mesh_coordinated")]: "1x5 0x40" },
          at: "30m",
          alerts: [
            {
              labels: { job: "node", node: "desktop" },
              says: "desktop does not hear from the mesh's coordination server: what is connected goes on, nothing new joins.",
            },
          ],
        },
      },
      silent: {
        "one that was started again": {
          series: { [of("homelab_mesh_coordinated")]: "1x5 0x5 1x40" },
          at: "30m",
        },
      },
    },
    {
      alert: "MeshKeyEnds",
      expr: "homelab_mesh_key_not_after_timestamp_seconds - time() < 14 * 86400",
      for: "10m",
      severity: "warning",
      summary: "The key of {{ $labels.node }} in the mesh is valid for {{ $value | humanizeDuration }} only.",
      fires: {
        "a key of which ten days are left": {
          series: { [of("homelab_mesh_key_not_after_timestamp_seconds")]: "864900x30" },
          at: "15m",
          alerts: [
            {
              labels: { job: "node", node: "desktop" },
              says: "The key of desktop in the mesh is valid for 10d 0h 0m 0s only.",
            },
          ],
        },
      },
      silent: {
        "a key of which two months are left": {
          series: { [of("homelab_mesh_key_not_after_timestamp_seconds")]: "5184000x30" },
          at: "15m",
        },
      },
    },
  ],
};
