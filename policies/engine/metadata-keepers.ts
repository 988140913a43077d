/** Whether a container runs a service that keeps its metadata in a local file, and whether it is pointed elsewhere. */
import type { Container, EnvValue } from "./facts";
import { imagePath } from "./images";
import { starts, toldTo } from "./programs";
import { metadataKeepers } from "./tables/metadata-keepers";
import type { MetadataKeeper } from "./tables/metadata-keepers";

/** The metadata keeper a container runs, if it runs one. */
export function metadataKeeperIn(container: Container): MetadataKeeper | undefined {
  if (container.role === "init" || container.role === "debug") return undefined;
  const path = imagePath(container.image).join("/");
  const words = [...(container.entrypoint ?? []), ...(container.args ?? [])];
  const told = words.join(" ");
  const byCommand = metadataKeepers.find((keeper) => keeper.command?.test(told));
  if (byCommand !== undefined) return byCommand;
  const keeper = metadataKeepers.find((candidate) => candidate.image.test(path));
  if (keeper === undefined) return undefined;
  // These images start nothing, or something else, until they are told to.
  if (keeper.command !== undefined && words.length > 0) {
    if (keeper.subcommands?.test(words[0] ?? "") === true) return keeper;
    return keeper.product === "MLflow" && (words[0] ?? "").startsWith("-") ? keeper : undefined;
  }
  if (keeper.command !== undefined && keeper.product !== "MLflow" && keeper.product !== "Dagster")
    return undefined;
  return starts(container, keeper.programs) ? keeper : undefined;
}

/** True when a value names a place that is a local file, or a database on the same machine. */
function staysOnTheNode(value: string): boolean {
  const said = value.trim();
  return (
    // Kinds of databases that are files, as the applications call them.
    /^(sqlite\d?|file|filesystem|h2|dev-file|dev-mem)\b|(^|[_-])sqlite\d?$|^jdbc:h2:(?!tcp:|ssl:)|sqlite\d?:/i.test(
      said,
    ) ||
    /^[./~]|\.(db|sqlite\d?)$/i.test(said) ||
    /\/\/([^/@]*@)?(localhost|127\.|\[::1\])|^(localhost|127\.)/i.test(said)
  );
}

/** Where a metadata keeper's database is, as far as it is told. */
export type Pointed =
  | { readonly kind: "off the node" | "nowhere" }
  /** At a server that runs on an on-demand node itself: what it is called there. */
  | { readonly kind: "beside"; readonly at: string };

/**
 * Says whether a container is pointed at a database off the node.
 *
 * @param env its variables, those of the ConfigMaps it takes them from included
 * @param texts its configuration files, as far as they are known
 * @param isBeside true for a host that is a server on an on-demand node
 */
export function pointedAt(
  keeper: MetadataKeeper,
  container: Container,
  env: Readonly<Record<string, EnvValue>>,
  texts: readonly string[],
  isBeside: (host: string) => boolean,
): Pointed {
  const { except } = keeper;
  if (except !== undefined && [...toldTo(container), ...texts].some((text) => except.test(text))) {
    return { kind: "off the node" };
  }
  const values = [
    ...Object.entries(env)
      .filter(([name]) => keeper.pointers.test(name))
      .map(([, value]) => value),
    ...optionValues(toldTo(container), keeper.pointers),
  ];
  if (values.some((value) => typeof value === "string" && staysOnTheNode(value))) return { kind: "nowhere" };
  const at = values.map(hostOf).find((host) => host !== undefined && isBeside(host));
  if (at !== undefined) return { kind: "beside", at };
  const pointed = values.some((value) => value !== "") || texts.some((text) => pointsAtDatabase(text));
  return { kind: pointed ? "off the node" : "nowhere" };
}

/** The host of an address or of "host:port"; words such as "postgres" (a type) are hosts too, as far as one can see. */
function hostOf(value: EnvValue): string | undefined {
  if (typeof value !== "string") return undefined;
  const address = /\/\/(?:[^@/\s]*@)?(\[[^\]]+\]|[^:/?\s]+)/.exec(value)?.[1];
  const tcp = /@tcp\(([^:)]+)/.exec(value)?.[1];
  const pair = /(?:^|\s)host=(\S+)/.exec(value)?.[1];
  return (tcp ?? address ?? pair ?? /^[\w.-]+(?=(:\d+)?$)/.exec(value.trim())?.[0])?.replace(/^\[|\]$/g, "");
}

/** A configuration file that names a database server: grafana.ini, dagster.yaml and their like. */
function pointsAtDatabase(text: string): boolean {
  const used = text.replace(/^\s*[#;].*$/gm, "");
  return (
    /^\s*type\s*[=:]\s*["']?(postgres|mysql)/m.test(used) ||
    /^\s*(postgres|postgres_storage|mysql)\s*:/m.test(used) ||
    /(postgres(ql)?|mysql)(\+\w+)?:\/\/(?!localhost|127\.)/.test(used) ||
    /module:\s*dagster_(postgres|mysql)/.test(used)
  );
}

function optionValues(words: readonly string[], pointers: RegExp): string[] {
  const parts = words.flatMap((word) => word.split(/\s+/));
  return parts.flatMap((part, index) => {
    const [name, ...rest] = part.split("=");
    if (!pointers.test(name ?? "")) return [];
    return [rest.length > 0 ? rest.join("=") : (parts[index + 1] ?? "")];
  });
}
