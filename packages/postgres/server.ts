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

/** @see ../../provider/sdk/postgres.ts ServerArgs */
export const serverSchema = z
  .object({
    connection: connectionSchema,
    port: z.int().min(1).max(65535),
    user: identifier,
    password: z.string().min(1),
  })
  .strict();

export type Server = z.infer<typeof serverSchema>;
