/**
 * The file that the scripts read: `KEY=value`, a line each, sorted. They read it as data, so nothing in a value is code.
 * @throws Error for a value of more than one line: it would pass for another key.
 */
export function backupConfig(values: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => {
      if (!/^[A-Z_]+$/.test(key) || /[\r\n\0]/.test(String(value))) {
        throw new Error(`${key} is no line of the backup's configuration.`);
      }
      return `${key}=${value}\n`;
    });
  return `# Written by Pulumi: changes made here are put back.\n${lines.join("")}`;
}
