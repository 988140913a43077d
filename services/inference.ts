import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathOfSecret } from "../packages/quadlet";
import { doorConfig, doorMetrics } from "./inference-door";
import { routerConfig, routerKeys, routerLimits } from "./inference-router";
import { inferenceProblems } from "./inference-problems";
import { inferenceSchema, type InferenceSettings } from "./inference-settings";
import { secretName, service, type Service } from "./service";

const on = ["desktop", "storage"] as const;
const key = "inference";

/** Whom Valkey runs as, as its image does. */
const storeUser = 999;
/** Whom HAProxy runs as, as its image does. */
const doorUser = 99;

/** Names of its units. */
const inferenceUnits = {
  router: "inference",
  door: "inference-door",
  store: "inference-store",
} as const;

/** Valkey: what was used of limits and budgets, also after a restart. */
const store = (own: InferenceSettings): Service => ({
  title: "Inference store",
  purpose: "counts what is used of limits and budgets",
  ...{ key, on, settings: inferenceSchema },
  enabled: () => own.enabled,
  keeps: () => ({ kind: "persistent", paths: [own.dataDirectory], backup: "files" }),
  passwords: () => ["store"],
  secrets: () => ({ auth: ({ passwords }) => `requirepass ${passwords.store ?? ""}\n` }),
  quadlet: () => ({
    name: inferenceUnits.store,
    description: "Valkey, counts of the inference gateway",
    image: own.storeImage,
    container: {
      user: `${storeUser}:${storeUser}`,
      secrets: [{ name: secretName(inferenceUnits.store, "auth"), mode: "0400", uid: storeUser }],
      mounts: [{ source: own.dataDirectory, target: "/data" }],
      dropCapabilities: ["all"],
      readOnly: true,
      exec: ["valkey-server", "/etc/valkey/valkey.conf"],
    },
    files: [{ name: "valkey.conf", content: storeConfig(own), at: "/etc/valkey/valkey.conf" }],
    owner: `${storeUser}:${storeUser}`,
    memory: "192M",
    health: { tcp: `127.0.0.1:${own.storePort}` },
  }),
});

/** Every change is in the append-only file within a second; it never makes room by forgetting what was spent. */
const storeConfig = ({
  storePort,
}: InferenceSettings): string => `# Written by Pulumi: changes made here are put back.
bind 127.0.0.1
port ${storePort}
dir /data
appendonly yes
appendfsync everysec
save ""
maxmemory 128mb
maxmemory-policy noeviction
# Whatever LANG its image has: one that the image does not know ends Valkey at its start.
locale-collate C
include ${pathOfSecret(secretName(inferenceUnits.store, "auth"))}
`;

/** LiteLLM: which model where, and who may ask. */
const router = (own: InferenceSettings): Service => ({
  title: "Inference router",
  purpose: "LiteLLM: picks a model server or an account for each request",
  ...{ key, on, settings: inferenceSchema },
  enabled: () => own.enabled,
  keeps: () => ({ kind: "nothing" }),
  passwords: () => ["master", ...Object.keys(own.clients)],
  secrets: () => ({
    config: (given) => routerConfig(own, given),
    keys: (given) => routerKeys(own, given),
  }),
  quadlet: () => ({
    name: inferenceUnits.router,
    description: "LiteLLM, the inference gateway",
    image: own.image,
    container: {
      environment: {
        // Its list of prices is the one that it came with, and nothing is asked of its makers.
        LITELLM_LOCAL_MODEL_COST_MAP: "True",
        LITELLM_TELEMETRY: "False",
        LITELLM_LOG: "ERROR",
        DISABLE_ADMIN_UI: "True",
        NO_DOCS: "True",
        NO_REDOC: "True",
      },
      secrets: [
        {
          name: secretName(inferenceUnits.router, "config"),
          target: "/etc/litellm/config.yaml",
          mode: "0400",
        },
        { name: secretName(inferenceUnits.router, "keys"), mode: "0400" },
      ],
      tmpfs: ["/tmp"],
      exec: ["--config", "/etc/litellm/config.yaml", "--host", "127.0.0.1", "--port", String(own.routerPort)],
    },
    files: [
      { name: "homelab.json", content: routerLimits(own), at: "/etc/litellm/homelab.json" },
      ...["auth", "log"].map((what) => ({
        ...{ name: `homelab_${what}.py`, content: program(what), at: `/etc/litellm/homelab_${what}.py` },
      })),
    ],
    memory: own.memory,
    health: { http: `http://127.0.0.1:${own.routerPort}/health/liveliness` },
    startSeconds: 300,
    // Servers and accounts are asked by the door; nothing in here has another way out.
    reaches: "loopback",
    more: own.quadlet,
  }),
});

/** What LiteLLM calls: who may ask, and what is logged. */
const program = (what: string): string => readFileSync(join(__dirname, `files/inference_${what}.py`), "utf8");

/** HAProxy: the one address, and who of the house's model servers can be asked. */
const door = (own: InferenceSettings): Service => ({
  title: "Inference gateway",
  purpose: "one address for local models and cloud accounts",
  ...{ key, on, settings: inferenceSchema },
  enabled: () => own.enabled,
  ports: () => [
    {
      ...{ title: "Inference gateway", port: own.port, key: "inference.port", from: "operators" },
      ...{ output: "INFERENCE_URL", metrics: "/metrics" },
    },
    {
      ...{ title: "Inference door", port: own.metricsPort, key: "inference.metricsPort" },
      ...{ from: ["storage"], metrics: "/metrics" },
    },
  ],
  keeps: () => ({ kind: "nothing" }),
  secrets: () => ({
    metrics: ({ services }) => doorMetrics(own, services?.[inferenceUnits.router]?.master ?? ""),
  }),
  quadlet: (_, { node, topology }) => ({
    name: inferenceUnits.door,
    description: "HAProxy, the inference gateway's door",
    image: own.doorImage,
    container: {
      secrets: [{ name: secretName(inferenceUnits.door, "metrics"), mode: "0400", uid: doorUser }],
      user: `${doorUser}:${doorUser}`,
      dropCapabilities: ["all"],
      readOnly: true,
      // One process: with a master (-W) it would start itself again, for reloads that nobody makes here.
      exec: [
        "haproxy",
        "-db",
        "-f",
        "/etc/haproxy/haproxy.cfg",
        "-f",
        pathOfSecret(secretName(inferenceUnits.door, "metrics")),
      ],
    },
    files: [
      { name: "haproxy.cfg", content: doorConfig(own, node, topology), at: "/etc/haproxy/haproxy.cfg" },
    ],
    memory: "768M",
    health: { http: `http://127.0.0.1:${own.port}/health` },
  }),
});

/** Local models and cloud accounts behind one address. */
export const inference = service({
  title: "Inference gateway",
  purpose: "one address for local models and cloud accounts, with limits, budgets and a key for each client",
  key,
  on,
  settings: inferenceSchema,
  problems: (own) => inferenceProblems(own),
  enabled: ({ enabled }) => enabled,
  images: (own) => [own.image, own.doorImage, own.storeImage],
  ports: (own) => door(own).ports?.(own) ?? [],
  keeps: (own) => store(own).keeps(own, undefined),
  // In the order in which they are told each other's passwords.
  each: (own) => [
    { name: inferenceUnits.store, service: store(own) },
    { name: inferenceUnits.router, service: router(own) },
    { name: inferenceUnits.door, service: door(own) },
  ],
});
