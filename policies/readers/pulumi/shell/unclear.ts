/** Why a command cannot be known, where it is none of those that keep nothing. */
import { softwareKeepsNothing } from "./tables/software";
import { keepNothing, languageInstallers, languageVerbs, localOnly, systemFolder } from "./tables/programs";
import type { Putting } from "../put-file";
import { isPut } from "../put-file";
import { packagesIn, unitsIn } from "./setups";
import type { Statement } from "./statement";
import { nameOf } from "./wrappers";

/**
 * A clause that says why it cannot be known whether a command keeps something; undefined where it keeps nothing.
 *
 * @param written paths of files that the same text wrote
 */
export function whyUnclear(one: Statement, putting: Putting, written: readonly string[]): string | undefined {
  const path = one.words[0] ?? "";
  const program = nameOf(one);
  const isLocal = putting.local === true;
  const folder = path.slice(0, path.length - program.length);
  if (folder !== "" && !systemFolder.test(folder) && !/\/bin\/pip\d?$/.test(path))
    return `the program ${path} that it runs is not in the program's texts`;
  if (isAsked(one)) return undefined;
  switch (program) {
    case "awk":
    case "gawk":
    case "mawk":
    case "nawk":
      return /system\s*\(|\|\s*(getline|")|getline\s*<|@load|>\s*"\/|"\s*\|/.test(one.words.join("\n")) ||
        one.words.includes("-f")
        ? "what its awk program runs or writes cannot be known"
        : undefined;
    case "sed":
      return one.words.some(runsBySed) ? "what its sed program runs cannot be known" : undefined;
    case "systemctl":
    case "service":
    case "rc-service":
    case "rc-update":
      return isLocal ? undefined : unitsUnclear(one, putting, written);
    case "git":
      return isLocal || !one.words.some((word) => word === "init" || word === "daemon")
        ? undefined
        : "what the repository that it makes holds cannot be known";
  }
  if (keepNothing.has(program) || saidElsewhere.has(program)) return undefined;
  if (languageInstallers.has(program)) {
    const verb = one.words.slice(1).find((word) => !word.startsWith("-") && word !== "global") ?? "list";
    return languageVerbs.test(verb) || (/^(pip|uv)/.test(program) && verb === "pip")
      ? undefined
      : `what ${program} ${verb} runs cannot be seen`;
  }
  if (isOfPython(one) || (isLocal && localOnly.has(program))) return undefined;
  const packages = packagesIn(one);
  if (packages !== undefined) return isLocal ? undefined : packagesUnclear(packages, one);
  return `the program ${program} is not among those that are known to keep nothing`;
}

/** Where these keep something, it is said what: disks, and servers that are not pointed at a database. */
const saidElsewhere = new Set(
  "mount dd parted sfdisk fdisk cfdisk sgdisk gdisk wipefs mlflow dagster dagster-webserver dagster-daemon prefect".split(
    " ",
  ),
);

/** The command e of sed, and the flag of the same name. */
function runsBySed(word: string): boolean {
  return (
    /(^|[;{}\d$/])\s*e(\s|$)|\/[gpIm\d]*e[gpIm\d]*($|;)/.test(word) || /^s([^\w\s]).*\1.*\1\w*e/.test(word)
  );
}

/** `program --version`, `program --help`. */
function isAsked({ words }: Statement): boolean {
  return words.length === 2 && /^(--version|-V|--help|version|help|-version)$/.test(words[1] ?? "");
}

/** Python that makes a place for packages or prints JSON. */
function isOfPython(one: Statement): boolean {
  return (
    /^python\d?(\.\d+)?$/.test(nameOf(one)) &&
    one.words[1] === "-m" &&
    /^(venv|json\.tool|pip|ensurepip)$/.test(one.words[2] ?? "")
  );
}

function unitsUnclear(one: Statement, putting: Putting, written: readonly string[]): string | undefined {
  for (const { name, isOpen } of unitsIn(one)) {
    if (isOpen) return `the unit ${name} that it starts has no value here`;
    const base = name
      .replace(/\.(service|socket|timer|path|target|slice|scope|swap|device)$/, "")
      .replace(/@.*$/, "");
    if (/\.(target|slice|scope|swap|device)$/.test(name) || softwareKeepsNothing(base)) continue;
    const isOurs = (path: string): boolean =>
      [
        `${base}.service`,
        `${base}@.service`,
        `${base}.container`,
        `${base}.kube`,
        `${base}.pod`,
        `${base}.timer`,
        `${base}.socket`,
        `${base}.path`,
        name,
      ].some((file) => path.endsWith(`/${file}`));
    const made = /^(.*)-(volume|network|pod|build|image)$/.exec(base);
    const isMade = (path: string): boolean =>
      made !== null && path.endsWith(`/${made[1] ?? ""}.${made[2] ?? ""}`);
    if (
      written.some((path) => isOurs(path) || isMade(path)) ||
      isPut(putting, (path) => isOurs(path) || isMade(path))
    )
      continue;
    return `the unit ${name} that it starts is not in the program and not among those that are known to keep nothing`;
  }
  return undefined;
}

function packagesUnclear(
  packages: readonly { readonly name: string; readonly isOpen: boolean }[],
  one: Statement,
): string | undefined {
  const bad = packages.find(({ name, isOpen }) => !softwareKeepsNothing(isOpen ? beginningOf(name) : name));
  if (bad === undefined) return undefined;
  return bad.isOpen
    ? `the package ${bad.name} that ${nameOf(one)} installs has no value here`
    : `the package ${bad.name} is not among those that are known to keep nothing`;
}

/** What stands before the part that is not told, as in `linux-headers-$(uname -r)`. */
function beginningOf(name: string): string {
  return /^([\w.+]+-)+(?=[$`])/.exec(name)?.[0].concat("x") ?? "";
}
