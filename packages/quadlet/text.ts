/** One `Key=value` line; `value` as it stands in the file, escapes included. */
export interface Entry {
  readonly key: string;
  readonly value: string;
}

/** `[Name]` and its lines, in their order: systemd gives repeated keys a meaning. */
export interface Section {
  readonly name: string;
  readonly entries: readonly Entry[];
}

/** A systemd unit or a podman quadlet, as its sections. */
export interface UnitText {
  readonly sections: readonly Section[];
}

/** A unit cannot be written or read: the message says which key and why. */
export class UnitError extends Error {
  override readonly name = "UnitError";
}

const keyForm = /^[A-Za-z][A-Za-z0-9-]*$/;
const sectionForm = /^[A-Za-z][A-Za-z0-9 -]*$/;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/u;

/** Whether a text holds a line break or another control character, which no unit line can. */
export function hasControl(text: string): boolean {
  return control.test(text);
}

/**
 * Writes a unit: sections and lines in the given order, one blank line between sections.
 * @throws UnitError for what would be read back as something else: a line break, outer blanks, a trailing backslash.
 */
export function render(unit: UnitText): string {
  return unit.sections
    .filter((section) => section.entries.length > 0)
    .map((section) => {
      if (!sectionForm.test(section.name)) throw new UnitError(`[${section.name}] is no section name.`);
      return [`[${section.name}]`, ...section.entries.map((entry) => line(section.name, entry)), ""].join(
        "\n",
      );
    })
    .join("\n");
}

function line(section: string, { key, value }: Entry): string {
  const where = `[${section}] ${key}`;
  if (!keyForm.test(key)) throw new UnitError(`${where} is no key: letters, digits and dashes only.`);
  if (hasControl(value)) throw new UnitError(`${where} holds a line break or control character.`);
  if (value !== value.trim())
    throw new UnitError(`${where} begins or ends with a blank, which would be lost.`);
  if (value.endsWith("\\"))
    throw new UnitError(`${where} ends with a backslash, which would join the next line.`);
  return `${key}=${value}`;
}

/**
 * Reads a unit the way systemd and the quadlet generator do: `#` and `;` lines are comments, also between continued
 * lines; a backslash at the end joins the next line with a space; a section that comes twice is one.
 * @throws UnitError naming the line.
 */
export function parse(text: string): UnitText {
  const sections = new Map<string, Entry[]>();
  let current: Entry[] | undefined;
  let pending: string | undefined;
  const lines = text.split(/\r?\n/);
  lines.forEach((raw, index) => {
    const trimmed = raw.trim();
    if (/^[#;]/.test(trimmed)) return;
    if (trimmed.endsWith("\\") && index < lines.length - 1) {
      pending = `${pending ?? ""}${trimmed.slice(0, -1)} `;
      return;
    }
    const whole = `${pending ?? ""}${trimmed}`.trim();
    pending = undefined;
    if (whole === "") return;
    const section = /^\[([^[\]]+)\]$/.exec(whole)?.[1];
    if (section !== undefined) {
      current = sections.get(section) ?? [];
      sections.set(section, current);
      return;
    }
    const cut = whole.indexOf("=");
    if (cut < 1)
      throw new UnitError(`line ${index + 1} is neither a section, a key with a value, nor a comment.`);
    if (current === undefined) throw new UnitError(`line ${index + 1} stands before any section.`);
    current.push({ key: whole.slice(0, cut).trim(), value: whole.slice(cut + 1).trim() });
  });
  return { sections: [...sections].map(([name, entries]) => ({ name, entries })) };
}

/**
 * All values of a key, in order. An empty assignment clears what came before, as systemd has it for lists.
 */
export function valuesOf(unit: UnitText, section: string, key: string): string[] {
  const found: string[] = [];
  for (const entry of unit.sections.find(({ name }) => name === section)?.entries ?? []) {
    if (entry.key !== key) continue;
    if (entry.value === "") found.length = 0;
    else found.push(entry.value);
  }
  return found;
}

/** The last value of a key, which is the one that counts where only one may be. */
export function valueOf(unit: UnitText, section: string, key: string): string | undefined {
  return valuesOf(unit, section, key).at(-1);
}
