import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onNode } from "../../../tests/support/lab";
import { handedOut, pulumi, well } from "../../../tests/support/stack";

/** Desktop's clients: containers of the images that have Dagster's and MLflow's own client libraries. */

const place = "/srv/homelab-drill";
const images = {
  dagster: { archive: "dagster", name: "localhost/homelab-lab/dagster-k8s:1.13.27" },
  mlflow: { archive: "mlflow", name: "localhost/homelab-lab/mlflow:v3.17.2" },
} as const;

/** The image that each client runs in. */
const imageOf = {
  dagster: images.dagster,
  embeddings: images.dagster,
  search: images.dagster,
  compare: images.dagster,
  materialize: images.dagster,
  mlflow: images.mlflow,
  log_run: images.mlflow,
} as const;
export type Client = keyof typeof imageOf;

interface Handed {
  DAGSTER_URL?: string;
  MLFLOW_TRACKING_URI?: string;
  LLAMA_CPP_URL?: string;
  VLLM_URL?: string;
  OLLAMA_URL?: string;
}

/** What compute hands out. */
export const services = (): Handed =>
  JSON.parse(well(pulumi("compute", "stack", "output", "--json")).text) as Handed;

/** Puts images, the client and what it may know onto desktop. Secrets go by standard input into a file of mode 0600. */
export function prepare(): void {
  for (const { archive, name } of Object.values(images)) {
    onNode(
      "desktop",
      `podman image exists ${name} || podman load -q -i "$(ls -t /usr/local/share/lab-images/${archive}-*.tar | head -n 1)"`,
    );
  }
  const { dsns, s3, S3_ENDPOINT } = handedOut();
  const { DAGSTER_URL, MLFLOW_TRACKING_URI, LLAMA_CPP_URL } = services();
  const config = {
    dagster: DAGSTER_URL,
    mlflow: MLFLOW_TRACKING_URI,
    llama: LLAMA_CPP_URL,
    dsns: {
      agent: dsns.agent?.agent_gateway,
      dagster: dsns.system?.dagster,
      mlflow: dsns.system?.mlflow,
    },
    s3Endpoint: S3_ENDPOINT,
    s3,
  };
  onNode("desktop", `rm -rf ${place}; install -d -m 0700 ${place}`);
  onNode("desktop", `umask 077; cat >${place}/config.json`, JSON.stringify(config));
  onNode("desktop", `cat >${place}/client.py`, readFileSync(join(__dirname, "client.py"), "utf8"));
}

const command = (client: Client, options: string, args: readonly string[]) =>
  `podman run ${options} --network host --volume ${place}:/drill --entrypoint python ${imageOf[client].name} /drill/client.py ${[client, ...args].join(" ")}`;

/** Runs a client to its end. @returns the last line that it prints, read as JSON. */
export function once(client: Client, ...args: string[]): unknown {
  const said = onNode("desktop", command(client, "--rm", args)).trim();
  return JSON.parse(said.split("\n").at(-1) ?? "");
}

const containerOf = (client: Client) => `drill-${client}`;

export function begin(clients: readonly Client[]): void {
  for (const client of clients) {
    onNode("desktop", `podman rm -f -t 0 -i ${containerOf(client)} >/dev/null`);
    onNode("desktop", command(client, `--detach --replace --name ${containerOf(client)}`, []));
  }
}

export function end(clients: readonly Client[]): void {
  for (const client of clients) onNode("desktop", `podman rm -f -t 5 -i ${containerOf(client)} >/dev/null`);
}

/** Takes away what {@link prepare} put there. */
export function clean(): void {
  onNode("desktop", `rm -rf ${place}`);
}

/** What a writer has noted since a moment. @param since seconds, by desktop's clock */
export function noted(client: Client, since = 0): { at: number; begun?: number }[] {
  const text = onNode("desktop", `cat ${place}/${client}.jsonl 2>/dev/null || true`);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { at: number; begun?: number })
    .filter(({ at }) => at >= since);
}

export const clock = (): number => Number(onNode("desktop", "date +%s.%N"));
