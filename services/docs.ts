import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeNames, type NodeName } from "../topology";
import { services } from "./catalog";
import type { Keeps, Service, ServicePort, Services } from "./service";

/** docs/services.md, made of the services: `npm run docs:services` writes it. */

const path = join(__dirname, "../docs/services.md");

/** Settings with everything switched on, as far as a service has something to switch. */
function backedUp(how: Extract<Keeps, { kind: "persistent" }>["backup"]): string {
  if (how === "files") return "with the node's files";
  return "dump" in how ? `with the node's files, as snapshots in \`${how.dump}\`` : how.own;
}

function onIts(service: Service): unknown {
  const own = service.settings.parse({}) as Record<string, unknown>;
  for (const key of ["enabled", "files", "keepsOffNode"]) if (key in own) own[key] = true;
  return own;
}

const who = ({ from }: ServicePort) =>
  typeof from === "string"
    ? { nodes: "the nodes", operators: "the nodes and the operators", anyone: "anyone" }[from]
    : from.join(", ");

function kept(keeps: Keeps): string {
  switch (keeps.kind) {
    case "nothing":
      return "nothing";
    case "ephemeral":
      return `may be lost: ${keeps.reason}`;
    case "persistent":
      return `${keeps.paths.map((one) => `\`${one}\``).join(", ")}; backed up: ${backedUp(keeps.backup)}`;
  }
}

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");

const within = { enabled: true, gpu: { enabled: true }, modelCache: "/srv/homelab/models" };

function section(node: NodeName, all: Services): string {
  const own = Object.values(all).filter(({ on }) => on.includes(node));
  const ports = own.flatMap((service) =>
    (service.ports?.(onIts(service)) ?? []).map((port) => [
      service.title,
      `${port.port}${port.protocol === "udp" ? "/udp" : ""}`,
      port.key === undefined ? "fixed" : `\`homelab:${port.key}\``,
      who(port),
      port.output === undefined ? "" : `\`${port.output}\``,
    ]),
  );
  return [
    `## ${node}`,
    table(
      ["Service", "Key", "What it is there for", "Keeps"],
      own.map((service) => [
        service.title,
        `\`homelab:${service.key}\``,
        service.purpose,
        kept(service.keeps(onIts(service), within)),
      ]),
    ),
    table(["Listens", "Port", "Chosen by", "Open to", "Stack output"], ports),
  ].join("\n\n");
}

/** The page's text; prettier does the rest. */
export const servicesPage = (all: Services = services): string =>
  `${[
    "# Services",
    "<!-- Made of services/ by `npm run docs:services`: changes made here are lost. -->",
    "Every service of the house and every port that it opens, with everything switched on and as it is by default. A service is one file in [services/](../services); the stack's schema, the firewall, the check for ports taken twice, stack outputs, pinned images and the backups are derived from it. Keys and their meaning: [configuration.md](configuration.md).",
    ...nodeNames.map((node) => section(node, all)),
  ].join("\n\n")}\n`;

async function main(): Promise<void> {
  const { format } = await import("prettier");
  writeFileSync(path, await format(servicesPage(), { parser: "markdown" }));
}

/** Whether the page says what the services say. */
export async function isCurrent(): Promise<boolean> {
  const { format } = await import("prettier");
  return readFileSync(path, "utf8") === (await format(servicesPage(), { parser: "markdown" }));
}

if (require.main === module) void main();
