import { createHash } from "node:crypto";
import { z } from "zod";

/** A database of the source, and what it is called on the target. */
export interface Pair {
  readonly from: string;
  readonly to: string;
}

/** What tells a migration from others: 32 small letters, digits and dashes at most, no dash at an end. */
export const migrationName = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;
/** Where the dump lies meanwhile, where nothing else is said. */
export const usualWorkDirectory = "/srv/homelab/migration";

/** `NAME`, or `NAME=TARGET`. A name may hold `=`; then TARGET must be given. */
export function parsePair(text: string): Pair {
  const at = text.lastIndexOf("=");
  return at < 1 ? { from: text, to: text } : { from: text.slice(0, at), to: text.slice(at + 1) };
}

/** A name in the server's own database of names, told from others by its beginning. */
export function ownName(prefix: string, database: string): string {
  const plain = `${prefix}${database}`;
  if (Buffer.byteLength(plain) <= 63) return plain;
  return `${prefix}${createHash("sha256").update(database).digest("hex").slice(0, 32)}`;
}

/** Where a database is restored and verified, before it takes the place of the empty one. */
export const scratchName = (to: string) => ownName("homelab_moving_", to);
/** What the empty one is called for the moment until it is dropped. */
export const emptiedName = (to: string) => ownName("homelab_emptied_", to);
/** Restores, owns what is restored until that has been given away, and reads it to compare: without a superuser's rights. */
export const migrationRole = (migration: string) => `homelab_migration_${migration}`;
/** What restored before, with a superuser's rights; a run that was killed then may have left it. */
export const formerRole = "homelab_migration";

const markerSchema = z.object({
  homelabMigration: z.string(),
  /** The source server's system identifier and its database. */
  source: z.string(),
  state: z.enum(["restoring", "restored", "moved"]),
  at: z.string(),
});

/** Written as the database's comment: it goes where the database goes, and a restored database knows whose it is. */
export type Marker = z.infer<typeof markerSchema>;

export const writeMarker = (marker: Marker) => JSON.stringify(marker);

/** The marker in a comment; undefined when it is somebody else's comment. */
export function readMarker(comment: string | null | undefined): Marker | undefined {
  try {
    return markerSchema.parse(JSON.parse(comment ?? ""));
  } catch {
    return undefined;
  }
}

/** A folder's name for a database, whatever that is called. */
export const itemName = (pair: Pair) =>
  createHash("sha256")
    .update(JSON.stringify([pair.from, pair.to]))
    .digest("hex")
    .slice(0, 12);
