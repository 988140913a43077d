import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";

const saltBytes = 16;
const iterations = 4096;
const stored =
  /^SCRAM-SHA-256\$(?<rounds>[1-9]\d{0,6}):(?<salt>[A-Za-z0-9+/=]+)\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/;

/** Printable ASCII, which SASLprep leaves as it is: no other password has one spelling for all clients. */
export const plainPassword = /^[\x20-\x7e]+$/;

/**
 * What PostgreSQL stores instead of a password: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`.
 * Nobody can log in with it, so it may travel where the password may not.
 *
 * @param salt random for each password; given only to compare with a known one.
 * @throws Error when the password holds anything but printable ASCII.
 * @see https://www.rfc-editor.org/rfc/rfc5802#section-3
 * @see https://www.rfc-editor.org/rfc/rfc7677
 */
export function scramVerifier(
  password: string,
  salt: Buffer = randomBytes(saltBytes),
  rounds = iterations,
): string {
  if (!plainPassword.test(password)) {
    throw new Error("A password must be printable ASCII (letters, digits, punctuation, spaces), not empty.");
  }
  const salted = pbkdf2Sync(password, salt, rounds, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${rounds}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/** Whether `verifier`, as pg_authid keeps it, was made from `password`. False for any other format. */
export function verifies(verifier: string | null, password: string): boolean {
  const parts = stored.exec(verifier ?? "")?.groups;
  if (verifier === null || parts?.salt === undefined) return false;
  const again = scramVerifier(password, Buffer.from(parts.salt, "base64"), Number(parts.rounds));
  return again.length === verifier.length && timingSafeEqual(Buffer.from(again), Buffer.from(verifier));
}
