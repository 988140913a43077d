/** The declaration that a pod's data may be lost, in CEL: what `ephemeralFrom` of the readers reads. */

const reason = '"homelab.dev/ephemeral"';
const narrowing = '"homelab.dev/ephemeral-volumes"';

/** The first value that is not blank, of the annotation and the label. */
function stated(metadata: string, key: string): string {
  const of = (map: string): string => `${metadata}.?${map}[?${key}].orValue("")`;
  return `(${of("annotations")}.trim() != "" ? ${of("annotations")} : ${of("labels")})`;
}

/** Whether a reason is given; a bare switch is none. */
export function isDeclared(template: string): string {
  const given = stated(`${template}.?metadata`, reason);
  return `(${given}.trim() != "" && !${given}.trim().matches("(?i)^(true|yes|on|1|false|no|off|0|null|~)$"))`;
}

/** Whether the declaration covers a volume that goes by one of the names: all of them, or those it narrows itself to. */
export function covers(template: string, names: readonly string[]): string {
  const given = stated(`${template}.?metadata`, narrowing);
  const has = (map: string): string => `(${narrowing} in ${template}.?metadata.?${map}.orValue({}))`;
  const among = names.map((name) => `n.trim() == ${name}`).join(" || ");
  return `(!(${has("annotations")} || ${has("labels")}) || ${given}.split(",").exists(n, n.trim() != "" && (${among})))`;
}
