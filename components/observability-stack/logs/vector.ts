import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { hostPort, houseAddress, type Node, type Topology } from "../../../topology";
import type { LogShippingSettings, QuadletRun } from "../../../services";
import { logsPort, shippingState } from "../../../services";
import { chainExpression, vrlSteps } from "./redaction";

/**
 * Vector carries a node's journal and its pods' logs to Loki. The version of the image and this configuration belong together:
 * 0.57 refuses a label that is a field alone unless the sink says that it may be, and 0.56 refuses the word that says so.
 * @see https://vector.dev/docs/reference/configuration/
 */

const name = "homelab-vector";
const healthPort = 8686;

const program = (file: string) => readFileSync(join(__dirname, "vector", file), "utf8");

/** What is done with every line, wherever it came from: its chain of requests, the level that it names, and no secret. */
const saidProgram = (): string => `line = string(.message) ?? ""
if starts_with(line, "{") {
  said = object(parse_json(line) ?? {}) ?? {}
  level = downcase(string(said.level) ?? string(said.levelname) ?? string(said.severity) ?? "")
  if level != "" { .level = level }
}
if .level == "warn" { .level = "warning" }
if includes(["err", "eror"], .level) { .level = "error" }
if includes(["crit", "alert", "emerg", "panic", "fatal"], .level) { .level = "critical" }
# Nothing that a program can choose freely becomes a stream.
if !includes(["trace", "debug", "info", "notice", "warning", "error", "critical"], .level) { .level = "info" }
found = parse_regex(line, r'(?i)${chainExpression}', numeric_groups: true) ?? {}
if exists(found."1") { .correlation_id = downcase(string(found."1") ?? "") }
${vrlSteps("line")}.message = line
`;

/** The VRL programs by their files. */
export const vectorPrograms = (): Readonly<Record<string, string>> => ({
  "journal.vrl": program("journal.vrl"),
  "pods.vrl": program("pods.vrl"),
  "said.vrl": saidProgram(),
});

interface Remap {
  readonly type: "remap";
  readonly inputs: readonly string[];
  readonly file: string;
  /** What a program could not be run on is dropped, where it might still hold a secret. */
  readonly drop_on_error: boolean;
  readonly drop_on_abort: boolean;
}

const remap = (file: string, inputs: readonly string[], strict: boolean): Remap => ({
  ...{ type: "remap", inputs, file: `/etc/vector/${file}` },
  ...{ drop_on_error: strict, drop_on_abort: strict },
});

/** The text of vector.yaml. @param endpoint Loki's URL @param keptDays what is older is refused by Loki, with all that is sent beside it */
function vectorConfig(node: string, endpoint: string, keptDays: number): string {
  return stringify(
    {
      data_dir: "/var/lib/vector",
      api: { enabled: true, address: `127.0.0.1:${healthPort}` },
      sources: {
        journal: {
          type: "journald",
          journal_directory: "/var/log/journal",
          current_boot_only: true,
          // journalctl --follow leaves out what was not sent of a former boot; with --merge it does not.
          extra_args: ["--merge"],
          batch_size: 256,
          // What it says itself would be read, sent and said again.
          exclude_matches: { CONTAINER_NAME: [name] },
        },
        pods: {
          type: "file",
          include: ["/var/log/pods/*/*/*.log"],
          read_from: "beginning",
          ignore_older_secs: 86_400,
          // A file that was rotated keeps its first line, and an inode does not keep its file.
          fingerprint: { strategy: "checksum", lines: 1 },
          oldest_first: true,
          glob_minimum_cooldown_ms: 5000,
        },
      },
      transforms: {
        from_journal: remap("journal.vrl", ["journal"], false),
        from_pods: remap("pods.vrl", ["pods"], false),
        said: remap("said.vrl", ["from_journal", "from_pods"], true),
        recent: {
          type: "filter",
          inputs: ["said"],
          condition: {
            type: "vrl",
            source: `to_unix_timestamp(timestamp(.timestamp) ?? now()) > to_unix_timestamp(now()) - ${keptDays * 86_400}`,
          },
        },
      },
      sinks: {
        loki: {
          type: "loki",
          inputs: ["recent"],
          endpoint,
          encoding: { codec: "text" },
          labels: { node, source: "{{ source }}", unit: "{{ unit }}", level: "{{ level }}" },
          // Of these there are too many for streams.
          structured_metadata: {
            correlation_id: "{{ correlation_id }}",
            pod: "{{ pod }}",
            boot: "{{ boot }}",
          },
          // They are values in the body of a request, and lead nowhere.
          dangerously_allow_unconfined_template_resolution: true,
          out_of_order_action: "accept",
          // How far it has come is noted when Loki has said yes.
          acknowledgements: { enabled: true },
          compression: "snappy",
          batch: { max_bytes: 500_000, timeout_secs: 2 },
          request: { concurrency: 1, timeout_secs: 30, retry_max_duration_secs: 30 },
          // The journal is the longer buffer.
          buffer: { type: "disk", max_size: 268_435_488, when_full: "block" },
          healthcheck: { enabled: false },
        },
      },
    },
    { lineWidth: 0 },
  );
}

/** Loki refuses what is older than it keeps; a week is as long as a node's journal is worth carrying. */
const keptDays = 7;

export function vectorRun(settings: LogShippingSettings, node: Node, topology: Topology): QuadletRun {
  const endpoint = `http://${hostPort(houseAddress(topology.nodes.storage, node), logsPort(settings))}`;
  const files = { "vector.yaml": vectorConfig(node.name, endpoint, keptDays), ...vectorPrograms() };
  return {
    name,
    description: "Carries this node's journal and its pods' logs to where logs are kept",
    image: settings.image,
    memory: "128M",
    container: {
      entrypoint: "/usr/bin/vector",
      exec: ["--config", "/etc/vector/vector.yaml", "--quiet"],
      mounts: [
        { source: "/var/log/journal", target: "/var/log/journal", readOnly: true },
        { source: "/var/log/pods", target: "/var/log/pods", readOnly: true },
        { source: shippingState.loki, target: "/var/lib/vector" },
      ],
      noNewPrivileges: true,
      dropCapabilities: ["all"],
    },
    files: Object.entries(files).map(([file, content]) => ({
      name: file,
      content,
      at: `/etc/vector/${file}`,
    })),
    health: { http: `http://127.0.0.1:${healthPort}/health` },
  };
}
