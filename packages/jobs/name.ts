/** Words that say nothing of what a job does. */
const idle = new Set(
  "sudo env nice ionice timeout flock chronic time exec sh bash dash zsh python python3 perl php node ruby cd test usr bin local sbin opt home root var lib true null dev".split(
    " ",
  ),
);

/** A name for a job from what its command says. */
export function nameOf(command: string, taken: ReadonlySet<string>): string {
  const words = command
    .replace(/'[^']*'|"[^"]*"/g, " ")
    .split(/[\s;&|()<>]+/)
    .filter(
      (word) => word !== "" && !word.startsWith("-") && !word.includes("=") && !/^\d+[smhd]?$/.test(word),
    );
  const telling = words
    .map((word) =>
      slug(
        word
          .replace(/\/+$/, "")
          .replace(/^.*\//, "")
          .replace(/\.(sh|py|pl|php|rb|js|mjs|bash)$/, ""),
      ),
    )
    .find((word) => word !== "" && !idle.has(word) && !word.includes("homelab"));
  return free(telling ?? "job", taken);
}

/** What is left of a text when only letters and digits may stand in it, words parted by `-`. */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 50)
    .replace(/-+$/, "");

/** A name that nobody has yet. */
export function free(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let i = 2; ; i++) if (!taken.has(`${name}-${i}`)) return `${name}-${i}`;
}
