import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clean, once, prepare, services } from "../../lab/drills/wipe/desktop";
import { homelabCommand } from "../support/command";
import { launchSample } from "../support/dagster";
import { houseAddress } from "../../topology";
import { lab, labTopology, onNode } from "../support/lab";
import { byHand, dsnOf, psql, storeClient } from "../support/services";
import { handedOut, preview, pulumi, up, well } from "../support/stack";
import { kubectl, ready, until } from "./kubectl";

/** What runs on compute in the cluster, used from desktop as its clients use it. */

const here = ["-n", "homelab-compute"];
const told: string[] = [];
const tell = (what: string, seconds: number) => told.push(`${what}: ${seconds.toFixed(1)} s`);
const all = [
  ...["dagster-webserver", "dagster-daemon", "dagster-code", "mlflow"],
  ...["vllm", "llama-cpp", "ollama"],
];

interface Listed {
  items: { metadata: { name: string; labels: Record<string, string> }; spec: object }[];
}
const listed = (kind: string) => JSON.parse(kubectl(["get", kind, ...here, "-o", "json"])) as Listed;
const isUp = (name: string) =>
  kubectl(["get", "deployment", name, ...here, "-o", "jsonpath={.status.readyReplicas}"]) === "1";
/** The HTTP status that somebody at an address gets; 000 without an answer. */
const status = (from: "desktop" | "storage", url: string) =>
  onNode(from, `curl -s -o /dev/null -m 8 -w '%{http_code}' ${url} || true`).trim();

beforeAll(async () => {
  lab("node", "start", "compute");
  const began = Date.now();
  lab("cluster", "services");
  await until("everything is up", 900, () => all.every(isUp));
  tell("services switched on, to the last one up", (Date.now() - began) / 1000);
  prepare();
}, 1_800_000);
afterAll(() => {
  clean();
  well(pulumi("compute", "config", "set", "--path", "homelab:compute.enabled", "false"));
  well(up("compute"));
  console.log(told.join("\n"));
}, 600_000);

describe("compute's services", () => {
  it("answer desktop on the ports of the original layout", () => {
    const urls = services();
    const at = `http://${houseAddress(labTopology().nodes.compute)}`;
    expect(urls).toMatchObject({
      DAGSTER_URL: `${at}:3300`,
      MLFLOW_TRACKING_URI: `${at}:5050`,
      VLLM_URL: `${at}:8000`,
      LLAMA_CPP_URL: `${at}:8081`,
      OLLAMA_URL: `${at}:11434`,
    });
    for (const path of [
      `${urls.DAGSTER_URL ?? ""}/server_info`,
      `${urls.MLFLOW_TRACKING_URI ?? ""}/health`,
      `${urls.VLLM_URL ?? ""}/health`,
      `${urls.LLAMA_CPP_URL ?? ""}/health`,
      `${urls.OLLAMA_URL ?? ""}/api/version`,
      "http://compute:5050/api/2.0/mlflow/experiments/search?max_results=1",
    ]) {
      expect([path, status("desktop", path)]).toEqual([path, "200"]);
    }
  });

  it("are closed to an address that is none of the house's", () => {
    const stranger = "10.77.0.99";
    onNode("desktop", `ip address add ${stranger}/24 dev eth0`);
    try {
      // The pods' own addresses, too: desktop knows the way to them, as whoever adds a route does.
      const pod = (name: string) =>
        kubectl([
          ...["get", "pods", ...here, "-l", `app.kubernetes.io/name=${name}`],
          ...["-o", "jsonpath={.items[0].status.podIP}"],
        ]);
      for (const at of [
        ...[3300, 5050, 8000, 8081, 11434].map((port) => `10.77.0.13:${port}`),
        `${pod("dagster-webserver")}:3300`,
        `${pod("mlflow")}:5050`,
        `${pod("ollama")}:11434`,
      ]) {
        const ask = (by: string) =>
          onNode("desktop", `curl -s -o /dev/null -m 8 -w '%{http_code}' ${by} http://${at}/ || true`).trim();
        expect([at, ask(`--interface ${stranger}`)]).toEqual([at, "000"]);
        expect([at, ask("")]).not.toEqual([at, "000"]);
      }
    } finally {
      onNode("desktop", `ip address del ${stranger}/24 dev eth0`);
    }
  });

  it("have nothing to change after an up, and nothing that would be lost with compute", () => {
    well(preview("compute", "--expect-no-changes"));
    const audit = homelabCommand("audit", ["compute", "--no-remember"], 300);
    expect(audit.text).toContain("Nothing on compute would be lost if it vanished now.");
    expect(audit.code).toBe(0);
    expect(listed("persistentvolumeclaims").items).toEqual([]);
  });

  it("have no secret in a pod's text, a log, an environment or a process list", () => {
    const storage = handedOut();
    const words = [
      new URL(dsnOf(storage, "system", "dagster")).password,
      storage.s3.dagster?.secretKey ?? "",
      storage.s3.mlflow?.secretKey ?? "",
    ];
    const said = [
      kubectl(["get", "pods,deployments,configmaps,jobs", ...here, "-o", "yaml"]),
      ...all.map((name) => kubectl(["logs", `deployment/${name}`, ...here, "--all-containers"])),
      onNode("compute", "ps -ewwo args"),
      // Of every process, and what the pods of runs are given of it.
      onNode("compute", "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"),
      ...["dagster", "mlflow"].map((name) =>
        kubectl([
          "get",
          "secret",
          name,
          ...here,
          "-o",
          "go-template={{range .data}}{{base64decode .}} {{end}}",
        ]),
      ),
    ].join("\n");
    expect(said).toContain("PGPASSFILE=");
    for (const word of words) {
      expect(word.length).toBeGreaterThan(20);
      expect(said.includes(word)).toBe(false);
    }
  });
});

describe("a Dagster asset", () => {
  it(
    "is materialised by Dagster's client on desktop: rows in PostgreSQL, bytes in S3",
    { timeout: 600_000 },
    () => {
      const began = Date.now();
      const { run, uri, sha256 } = once("materialize", "test", "1234") as {
        run: string;
        uri: string;
        sha256: string;
      };
      tell("asset materialised, client's start included", (Date.now() - began) / 1000);
      const books = dsnOf(handedOut(), "system", "dagster");
      expect(psql("desktop", books, `select status from runs where run_id = '${run}'`)).toBe("SUCCESS");
      expect(
        psql(
          "desktop",
          books,
          `select count(*) from event_logs where run_id = '${run}' and dagster_event_type = 'ASSET_MATERIALIZATION'`,
        ),
      ).toBe("1");
      expect(uri).toBe("s3://parquet/samples/test.parquet");
      const sum = storeClient("cat root/parquet/samples/test.parquet | sha256sum");
      expect(sum.split(" ")[0]).toBe(sha256);
      // To the last line of the step.
      expect(kubectl(["logs", `job/dagster-run-${run}`, ...here])).toContain("1234 rows in s3://parquet/");
    },
  );
});

describe("an MLflow run", () => {
  it(
    "is logged with an artifact by MLflow's client on desktop: rows in PostgreSQL, bytes in S3",
    { timeout: 600_000 },
    () => {
      const began = Date.now();
      const { run, key, sha256 } = once("log_run", "test") as { run: string; key: string; sha256: string };
      tell("MLflow run logged, client's start included", (Date.now() - began) / 1000);
      const books = dsnOf(handedOut(), "system", "mlflow");
      expect(psql("desktop", books, `select status from runs where run_uuid = '${run}'`)).toBe("FINISHED");
      const sum = storeClient(`cat root/mlflow/${key} | sha256sum`);
      expect(sum.split(" ")[0]).toBe(sha256);
    },
  );
});

describe("models", () => {
  const ask = (url: string, body: object) =>
    JSON.parse(
      onNode(
        "desktop",
        `curl -s -m 60 -H 'content-type: application/json' --data @- ${url}`,
        JSON.stringify(body),
      ),
    ) as { data?: { embedding: number[] }[]; embeddings?: number[][] };

  it("give real embeddings, of which those of like sentences are near", { timeout: 120_000 }, () => {
    const input = [
      "A man is eating food.",
      "A man is eating a piece of bread.",
      "The girl is carrying a baby.",
    ];
    const { data = [] } = ask("http://10.77.0.13:8081/v1/embeddings", { input });
    const [food = [], bread = [], baby = []] = data.map(({ embedding }) => embedding);
    const near = (one: number[], other: number[]) =>
      one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0) /
      (Math.hypot(...one) * Math.hypot(...other));
    expect(food).toHaveLength(384);
    expect(near(food, bread)).toBeGreaterThan(near(food, baby) + 0.2);
  });

  it("answer in Ollama too, and vLLM's stand-in says which it would serve", { timeout: 120_000 }, () => {
    const { embeddings = [] } = ask("http://10.77.0.13:11434/api/embed", {
      model: "all-minilm",
      input: "a sentence",
    });
    expect(embeddings[0]).toHaveLength(384);
    expect(onNode("desktop", "curl -s -m 10 http://10.77.0.13:8000/v1/models")).toContain("lab/nothing");
  });
});

describe("without PostgreSQL for a minute", () => {
  it("Dagster and MLflow come back by themselves", { timeout: 900_000 }, async () => {
    const pods = ready("app.kubernetes.io/part-of=homelab").length;
    expect(pods).toBe(0); // those are in the namespace default
    onNode("storage", "systemctl stop postgres");
    try {
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    } finally {
      onNode("storage", "systemctl start postgres");
    }
    const back = Date.now();
    await until("everything is up", 300, () => all.every(isUp));
    once("log_run", "afterwards");
    tell("PostgreSQL back → an MLflow run is logged", (Date.now() - back) / 1000);
    once("materialize", "afterwards", "10");
    tell("PostgreSQL back → an asset is materialised", (Date.now() - back) / 1000);
  });
});

describe("a run of Dagster whose pod vanished", () => {
  it("is marked as failed and started again", { timeout: 600_000 }, async () => {
    const run = launchSample("gone", 50_000_000);
    const jobOf = `dagster-run-${run}`;
    const state = (of: string) => byHand("dagster", `select status from runs where run_id = '${of}'`);
    await until("it has begun", 120, () => state(run) === "STARTED");
    kubectl(["delete", "pods", ...here, "-l", `job-name=${jobOf}`, "--force", "--grace-period=0"]);
    tell(
      "pod of a run gone → the run is failed",
      await until("it is failed", 120, () => state(run) === "FAILURE"),
    );
    const again = () =>
      byHand(
        "dagster",
        `select run_id from run_tags where key = 'dagster/parent_run_id' and value = '${run}' limit 1`,
      );
    await until("it is started again", 120, () => again() !== "");
  });
});
