import { z } from "zod";

/** How to reach a node over SSH. Plain values: nothing in here is secret, and all of it may stand in a state file. */
export const connectionSchema = z
  .object({
    /** The node's name in the topology; used in messages. */
    node: z.string(),
    /** Address to connect to. */
    host: z.string(),
    /**
     * Its address in the mesh, tried when nothing answers at `host`: somebody who is elsewhere, or a LAN that is down.
     * @default `host` alone is tried
     */
    mesh: z.string().optional(),
    /** Port of its sshd. */
    port: z.int().min(1).max(65535),
    /** `root`, or a user who may run `sudo -n`. */
    user: z.string(),
    /** The host's public key, `ssh-ed25519 AAAA…`. A host that shows another key is refused. */
    hostKey: z.string(),
    /** Path of the private key on the machine that runs Pulumi. @default the SSH agent is asked */
    identity: z.string().optional(),
  })
  .strict();

export type ConnectionArgs = z.infer<typeof connectionSchema>;
