import { z } from "zod";
import { connectionSchema } from "../../remote/connection-args";

const identifierPattern = /^[a-z_][a-z0-9_]{0,62}$/;

/** A name that PostgreSQL takes without quotes. Everything that becomes an identifier passes through here first. */
export const identifier = z.string().regex(identifierPattern, {
  error: (issue) =>
    `${JSON.stringify(issue.input)} is not an identifier: use lower-case letters, digits and _, ` +
    `not starting with a digit, 63 characters at most.`,
});

/** The name of a role that may be given rights: PostgreSQL keeps `public` and `none` for itself. */
export const roleName = identifier.refine((name) => name !== "public" && name !== "none", {
  error: (issue) => `${JSON.stringify(issue.input)} is a word of PostgreSQL and cannot name a role.`,
});

/** A PostgreSQL server, reached through SSH on the node's loopback: nothing needs to be open to whoever runs Pulumi. */
export const serverSchema = z
  .object({
    /** How to reach the server's node over SSH. */
    connection: connectionSchema,
    /** Port on the node's loopback. */
    port: z.int().min(1).max(65535),
    /** A superuser, e.g. `postgres`. */
    user: identifier,
    /** The superuser's password: a secret. */
    password: z.string().min(1),
  })
  .strict();

export type Server = z.infer<typeof serverSchema>;
