import { z } from "zod";

const unitBytes = { kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;
const form = /^([1-9]\d*)(kB|MB|GB|TB)$/;

/** A size as PostgreSQL writes it, e.g. `512MB`: a whole number and kB, MB, GB or TB (powers of 1024). */
export const size = z
  .string()
  .regex(form, "must be a whole number with a unit, such as 512MB (kB, MB, GB or TB)");

/**
 * Bytes of a size that {@link size} has accepted.
 * @throws Error for any other text.
 */
export function bytesOf(text: string): number {
  const [, digits, unit] = form.exec(text) ?? [];
  if (digits === undefined || unit === undefined) throw new Error(`${JSON.stringify(text)} is no size.`);
  return Number(digits) * unitBytes[unit as keyof typeof unitBytes];
}

/** Bytes in the largest unit that divides them, e.g. 2147483648 → `2GB`. */
export function sizeText(bytes: number): string {
  const unit = (["TB", "GB", "MB"] as const).find(
    (each) => bytes >= unitBytes[each] && bytes % unitBytes[each] === 0,
  );
  return unit === undefined ? `${Math.floor(bytes / 1024)}kB` : `${bytes / unitBytes[unit]}${unit}`;
}

/** The same as podman writes it, e.g. `2GB` → `2g`. */
export function podmanSize(text: string): string {
  const bytes = bytesOf(text);
  const suffix = (
    [
      ["g", unitBytes.GB],
      ["m", unitBytes.MB],
    ] as const
  ).find(([, unit]) => bytes % unit === 0);
  return suffix === undefined ? `${bytes / 1024}k` : `${bytes / suffix[1]}${suffix[0]}`;
}

/** Memory as systemd writes it, as Kubernetes does: `512M` → `512Mi`. Both mean powers of 1024. */
export const kubernetesSize = (text: string): string => `${text}i`;
