import { isIP } from "node:net";
import { z } from "zod";
import { nodeNames } from "./names";

/** `always-on`: powered all the time. `on-demand`: may be off or rebuilt at any time, so it never keeps data. */
const lifecycles = ["always-on", "on-demand"] as const;
export type Lifecycle = (typeof lifecycles)[number];

const sizeUnits = { MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;

const memoryForm = "must be a whole number with a unit, such as 16GB (MB, GB or TB)";

const memory = z
  .string({ error: memoryForm })
  .regex(/^\d+(MB|GB|TB)$/, memoryForm)
  .transform((text) => {
    const unit = text.slice(-2) as keyof typeof sizeUnits;
    return Number(text.slice(0, -2)) * sizeUnits[unit];
  });

const address = z
  .string()
  .refine(
    (text) => isIP(text) !== 0,
    "must be an IPv4 or IPv6 address, such as 192.168.1.11 (a name may resolve to another machine)",
  );

const macForm = "must be a hardware address such as 02:4c:41:42:00:0d, as `ip link` on the machine shows it";

/** An address of one machine: the lowest bit of the first byte is set in those of groups, all of them in broadcast's. */
const mac = z
  .string({ error: macForm })
  .regex(/^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$/, macForm)
  .transform((text) => text.toLowerCase().replaceAll("-", ":"))
  .refine((text) => text !== "00:00:00:00:00:00" && parseInt(text.slice(0, 2), 16) % 2 === 0, macForm);

const hostKeyForm = /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]+={0,3}$/;

const hostKey = z
  .string({
    error:
      "is missing: run `ssh-keyscan -t ed25519 ADDRESS`, compare its fingerprint with the one shown on the machine itself, and put `ssh-ed25519 AAAA…` here",
  })
  .regex(hostKeyForm, "must be a public key such as `ssh-ed25519 AAAA…`, without a name before or after it");

const ssh = z
  .strictObject({
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "must be a user name")
      .default("root")
      .describe("`root`, or a user who may run `sudo` without a password"),
    port: z.int().min(1).max(65535).default(22).describe("TCP port of sshd"),
  })
  .prefault({});

const node = z.strictObject({
  address: address.describe(
    "IPv4 or IPv6 address by which the other nodes reach it; no name, which may resolve to another machine",
  ),
  mesh: address
    .optional()
    .describe(
      "its address in the mesh (`homelab:mesh`), the stack output `MESH_ADDRESSES`; the second way to it, and what its neighbours in the mesh are let in by",
    ),
  lifecycle: z
    .enum(lifecycles, { error: `must be one of ${lifecycles.join(", ")}` })
    .describe("`always-on` or `on-demand`; storage must be always on"),
  memory: memory.describe(
    "the machine's memory, `MB`, `GB` or `TB`; settings that would not fit are refused",
  ),
  hostKey: hostKey.describe("the machine's public SSH key, `ssh-ed25519 AAAA…`"),
  ssh,
  mac: mac
    .optional()
    .describe(
      "hardware address of its wired network card, such as `02:4c:41:42:00:0d`, for Wake-on-LAN; a node without one cannot be woken",
    ),
});

export const topologySchema = z
  .strictObject({
    nodes: z.strictObject({ storage: node, desktop: node, compute: node }),
    storageClasses: z
      .strictObject({
        network: z
          .array(z.string().min(1))
          .default([])
          .describe(
            "Kubernetes storage classes whose storage is on the network, so off the node that uses it",
          ),
      })
      .prefault({}),
    operators: z
      .array(address)
      .default([])
      .describe("further addresses that may reach MinIO's ports, such as the machine where Pulumi runs"),
  })
  .superRefine((topology, ctx) => {
    const takenBy = new Map<string, string>();
    for (const key of ["address", "mesh", "mac"] as const) {
      for (const name of nodeNames) {
        const value = topology.nodes[name][key];
        if (value === undefined) continue;
        const other = takenBy.get(value);
        if (other !== undefined) {
          ctx.addIssue({
            code: "custom",
            path: ["nodes", name, key],
            message: `is the address of ${other} too; each node is a machine of its own, or a copy would be lost with its original`,
            params: { value },
          });
        }
        takenBy.set(value, name);
      }
    }
    if (topology.nodes.storage.lifecycle !== "always-on") {
      ctx.addIssue({
        code: "custom",
        path: ["nodes", "storage", "lifecycle"],
        message: "must be always-on: storage keeps the data of all nodes",
      });
    }
  });

export type TopologyFile = z.input<typeof topologySchema>;
