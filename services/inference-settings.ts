import { z } from "zod";
import { dataDirectory, flag, image, listOf, memory, port, strict } from "./fields";
import { count } from "./pod-fields";
import { quadletKeys } from "./quadlet-keys";

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,29}$/,
    "must be small letters, digits or dashes, beginning with a letter, 30 at most",
  );
const model = z
  .string()
  .regex(/^[A-Za-z0-9][\w./:@-]{0,127}$/, "must be the name of a model, such as qwen3:0.6b");
const url = z
  .string()
  .regex(
    /^https?:\/\/[^\s/"'\\]+(\/[^\s"'\\]*[^\s/"'\\])?$/,
    "must be a URL such as https://api.example.org/v1",
  );

/** Releases of LiteLLM whose packages stole whatever they could read, in March 2026. */
const malicious = ["1.82.7", "1.82.8"];

const routerImage = image.refine(
  (whole) => {
    const tag = whole.split("@")[0]?.split(":").at(-1) ?? "";
    return !malicious.some((version) =>
      new RegExp(`(^|[^\\d.])${version.replaceAll(".", "\\.")}($|[^\\d])`).test(tag),
    );
  },
  `must be another version: the packages of LiteLLM ${malicious.join(" and ")} were malicious and sent away keys that they could read`,
);

const perMinute = (what: string) =>
  z.int("must be a whole number").min(2, "must be at least 2").optional().describe(what);

/** An account at a provider of models. */
const account = strict({
  provider: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/, "must be a provider as LiteLLM calls it, such as openai or anthropic")
    .default("openai")
    .describe("the provider as LiteLLM calls it, such as `openai`, `anthropic` or `mistral`"),
  url: url
    .optional()
    .describe(
      "base URL of its API, with `/v1` where it has that: all that the gateway asks for this account. Left out: the provider's own, of those that the gateway knows",
    ),
  apiKey: z
    .string()
    .regex(/^[\x21-\x7e]{1,4096}$/, "must be a key without blanks")
    .optional()
    .describe("its key. Secret"),
  tokensPerMinute: perMinute(
    "tokens a minute that the provider allows; half of that is used, because a provider's minute slides and the gateway's does not",
  ),
  requestsPerMinute: perMinute("requests a minute that the provider allows; half of that is used"),
  budget: z
    .number()
    .positive("must be more than 0")
    .optional()
    .describe("US dollars that may be spent in `budgetTime`; after that the account is not asked any more"),
  budgetTime: z
    .string()
    .regex(/^[1-9]\d{0,3}[hd]$/, "must be hours or days such as 12h or 30d")
    .default("30d")
    .describe("time after which the budget is whole again, such as `12h` or `30d`"),
  answerSeconds: count(1, 3600).default(120).describe("how long an answer may take, seconds"),
});

/** The model servers of compute that are found by their name, with their default port and path of their health. */
export const knownBackends = {
  ollama: { port: 11434, health: "/api/version" },
  llamaCpp: { port: 8081, health: "/health" },
  vllm: { port: 8000, health: "/health" },
} as const;

/** A server of models in the house. */
const backend = strict({
  service: z
    .enum(["ollama", "llamaCpp", "vllm"], { error: "must be ollama, llamaCpp or vllm" })
    .optional()
    .describe(
      "a service of compute: `ollama`, `llamaCpp` or `vllm`; excludes `url`, and one of the two must be given",
    ),
  url: z
    .string()
    .regex(
      /^http:\/\/([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/,
      "must be an address such as http://192.168.1.9:8000, without a path",
    )
    .optional()
    .describe("a server of your own that speaks OpenAI's API below `/v1`, such as `http://192.168.1.9:8000`"),
  port: port.optional().describe("its port, where `homelab:compute` has another than the default one"),
  health: z
    .string()
    .regex(/^\/[^\s"'\\#]*$/, "must be a path such as /health")
    .optional()
    .describe(
      "path that answers with success while it can be asked. Left out: the service's own, else `/v1/models`",
    ),
  slots: count(1, 256)
    .default(2)
    .describe(
      "how many requests it is given at once; others wait two seconds at most, then go on to the cloud",
    ),
  answerSeconds: count(1, 3600)
    .default(8)
    .describe(
      "how long it may be silent before the request goes on to the cloud, seconds; of an answer that is not streamed, that is all of it. More than 8 means that a server that hangs costs as much",
    ),
});

const chosen = strict({
  backend: name
    .optional()
    .describe("one of `backends`; excludes `account`, and one of the two must be given"),
  account: name.optional().describe("one of `accounts`"),
  model: model.describe("the model as that server calls it"),
  wake: flag
    .default(false)
    .describe(
      "whether a request wakes the node of `backend` when it is off; meanwhile the next place answers. The topology must have the node's `mac`",
    ),
  inputCost: z
    .number()
    .min(0)
    .optional()
    .describe("US dollars for a million tokens of the question. Left out: LiteLLM's list"),
  outputCost: z
    .number()
    .min(0)
    .optional()
    .describe("US dollars for a million tokens of the answer. Left out: LiteLLM's list"),
})
  .refine(
    (one) => (one.backend === undefined) !== (one.account === undefined),
    "must have either backend or account",
  )
  .refine((one) => !one.wake || one.backend !== undefined, "may say wake only of a backend");

/** Whoever may ask, by name. */
const client = strict({
  models: listOf(name)
    .min(1, "must name at least one model")
    .describe("models that its key opens, of `models`"),
  parallel: count(1, 1000)
    .optional()
    .describe("how many of its requests are answered at once. Left out: no limit"),
  tokensPerMinute: perMinute("tokens a minute that it may use. Left out: no limit"),
  requestsPerMinute: perMinute("requests a minute that it may send. Left out: no limit"),
});

/** `homelab:inference`: one address for local models and cloud accounts. */
export const inferenceSchema = strict({
  enabled: flag.default(false).describe("whether it runs"),
  image: routerImage
    .default("ghcr.io/berriai/litellm:v1.106.12")
    .describe("image of LiteLLM, an exact tag; 1.82.7 and 1.82.8 are refused, whose packages were malicious"),
  doorImage: image
    .default("docker.io/library/haproxy:3.2.23-alpine")
    .describe(
      "image of HAProxy, which is in front of it and asks the house's own model servers, an exact tag",
    ),
  storeImage: image
    .default("docker.io/valkey/valkey:8.1.10-alpine")
    .describe("image of Valkey, where budgets and limits are counted, an exact tag"),
  port: port.default(4000).describe("TCP port of OpenAI's API, open to the nodes and the operators"),
  metricsPort: port.default(4003).describe("TCP port of its door's own figures, open to storage"),
  routerPort: port.default(4001).describe("port of LiteLLM, on the node's loopback only"),
  backendPort: port
    .default(4002)
    .describe("port by which LiteLLM asks the house's model servers, on loopback only"),
  storePort: port.default(6380).describe("port of Valkey, on loopback only"),
  dataDirectory: dataDirectory
    .default("/srv/homelab/inference")
    .describe("holds what was spent of each budget"),
  memory: memory.default("1G").describe("memory that LiteLLM is never given more of"),
  accounts: z.record(name, account).default({}).describe("cloud accounts by a name of your choice"),
  backends: z
    .record(name, backend)
    .default({})
    .describe("the house's own model servers by a name of your choice"),
  models: z
    .record(name, listOfChoices())
    .default({})
    .describe("models by the name that is asked for: where each is, the first that can answer is asked"),
  clients: z
    .record(
      name.refine((one) => one !== "master", "may not be master"),
      client,
    )
    .default({})
    .describe(
      "who may ask, by name; each has a key made for it (stack output `passwords`, `${inference.NAME}` in a workload) that opens its models and nothing else",
    ),
  logPrompts: flag
    .default(false)
    .describe(
      "whether what is asked and answered may be in LiteLLM's log; else only who, which model and how many tokens",
    ),
  quadlet: quadletKeys.describe("further keys of LiteLLM's quadlet, by section"),
});

function listOfChoices() {
  return z.array(chosen).min(1, "must name at least one backend or account");
}

export type InferenceSettings = z.output<typeof inferenceSchema>;
export type BackendSettings = InferenceSettings["backends"][string];
