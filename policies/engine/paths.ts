/** Paths of a node: which of them are device or runtime plumbing and not a place for data. */
import {
  leadingOut,
  placeTypes,
  plumbing,
  plumbingAlone,
  plumbingTypes,
  socketName,
} from "./tables/plumbing";

/** Removes doubled and trailing slashes, "." and "..", so that "/run/../srv" is seen as "/srv". */
export function normalize(path: string): string {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") kept.pop();
    else kept.push(part);
  }
  return `/${kept.join("/")}`;
}

/** True when `path` is `root` or below it. Both normalized. */
export function within(path: string, root: string): boolean {
  return path === root || root === "/" || path.startsWith(`${root}/`);
}

/**
 * A regular expression, as RE2 and JavaScript write it, for paths of the table of plumbing.
 *
 * @param slash what may stand between two parts: "/" where the path is normalized
 * @param alone true where nothing may stand below
 */
export function pathPattern(paths: readonly string[], slash: string, alone = false): string {
  const one = (path: string): string =>
    path
      .split(/\/(?![^[(]*[\])])/)
      .slice(1)
      .map((part) => (part === "**" ? `([^/]+${slash})*` : part.replaceAll("(var/)?", `(var${slash})?`)))
      .join(slash)
      .replaceAll(`)*${slash}`, ")*");
  return `^${slash}(${paths.map(one).join("|")})${alone ? "/*$" : "(/|$)"}`;
}

const isPlumbingPath = new RegExp(pathPattern(plumbing, "/"));
const isPlumbingAlone = new RegExp(pathPattern(plumbingAlone, "/", true));
const leadsOut = new RegExp(pathPattern(leadingOut, "/"));

/**
 * True for device and runtime plumbing: /dev, /sys, /proc, /run, /var/run, sockets, the directories of device
 * plugins and CSI drivers, time zone files. What leads from there to the node's disks again is none.
 *
 * @param type the hostPath type, where there is one: a Socket or a device says what it is
 */
export function isPlumbing(path: string, type?: string): boolean {
  if (type === "BlockDevice") return false;
  if (/^(\\\\|\/\/)\.[\\/]pipe[\\/]/.test(path)) return true;
  const clean = normalize(path);
  if (leadsOut.test(clean)) return false;
  if (plumbingTypes.includes(type ?? "")) return true;
  if (isPlumbingPath.test(clean) || isPlumbingAlone.test(clean)) return true;
  return socketName.test(clean) && !placeTypes.includes(type ?? "");
}
