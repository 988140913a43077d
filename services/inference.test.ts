import { describe, expect, it } from "vitest";
import { house } from "../power/testing";
import { loadSettings } from "../settings";
import { doorConfig } from "./inference-door";
import { inferenceProblems } from "./inference-problems";
import { inferenceSchema } from "./inference-settings";
import { routerConfig, routerKeys } from "./inference-router";
import { clientsOf, keptFiles, portsOf, quadletsOn, secretNames, serviceProblems, urlsOf } from ".";

const around = { home: "/nowhere", exists: () => false };
const own = {
  enabled: true,
  accounts: {
    first: { apiKey: "sk-first", tokensPerMinute: 30_000, requestsPerMinute: 500, budget: 20 },
    second: { url: "https://api.example.org/v1", apiKey: "sk-second", tokensPerMinute: 6000 },
  },
  backends: { ollama: { service: "ollama" }, mine: { url: "http://192.168.1.9:9000", slots: 3 } },
  models: {
    chat: [
      { backend: "ollama", model: "qwen3:0.6b" },
      { account: "first", model: "gpt-5-mini" },
      { account: "second", model: "large" },
    ],
    code: [
      { backend: "mine", model: "coder" },
      { account: "first", model: "gpt-5" },
    ],
  },
  clients: { mail: { models: ["chat"], parallel: 2 } },
};
const load = (inference: object, node: "desktop" | "compute" = "desktop") =>
  loadSettings(node, { "homelab:inference": JSON.stringify(inference) }, around);
const settings = load(own) as ReturnType<typeof loadSettings<"desktop">>;
const sources = {
  storage: { dsns: {}, s3Endpoint: "", s3: {} },
  passwords: { master: "MASTER", mail: "MAIL" },
  services: { "inference-store": { store: "STORE" } },
};
const { desktop, compute } = house.nodes;

interface Entry {
  readonly model_name: string;
  readonly litellm_params: Readonly<Record<string, unknown>>;
}
const entries = () => {
  const { model_list } = JSON.parse(routerConfig(settings.inference, sources)) as { model_list: Entry[] };
  return (model: string) =>
    model_list.filter((one) => one.model_name === model).map((one) => one.litellm_params);
};

describe("the inference gateway", () => {
  it("runs as three units, and is one address with a port for its figures", () => {
    expect(quadletsOn({ node: desktop, topology: house }, settings).map(({ name }) => name)).toEqual([
      "inference-store",
      "inference",
      "inference-door",
    ]);
    const ports = portsOf("desktop", settings);
    expect(urlsOf(desktop, ports)).toEqual({ INFERENCE_URL: `http://${desktop.address}:4000` });
    expect(ports.map((port) => [port.port, port.metrics, clientsOf(port, house).length])).toEqual([
      [4000, "/metrics", Object.keys(house.nodes).length + house.operators.length],
      [4003, "/metrics", 1],
    ]);
    expect(keptFiles("desktop", settings)).toEqual(["/srv/homelab/inference"]);
  });

  it("cannot be on compute, which is off at times", () => {
    expect(() => load(own, "compute")).toThrow(/inference is not a known key/);
  });

  it.each(["1.82.7", "v1.82.8", "main-v1.82.7-stable", "v1.82.8-stable.patch.1"])(
    "is not run from LiteLLM %s, whose package was malicious",
    (tag) => {
      expect(() => load({ ...own, image: `ghcr.io/berriai/litellm:${tag}` })).toThrow(
        /homelab:inference\.image .*1\.82\.7 and 1\.82\.8 were malicious/,
      );
    },
  );

  it.each(["v1.82.6", "v1.82.70", "v11.82.7", "v1.106.12"])("may be run from LiteLLM %s", (tag) => {
    expect(() => load({ ...own, image: `ghcr.io/berriai/litellm:${tag}` })).not.toThrow();
  });

  it("asks the house first, then the accounts by turns", () => {
    const chat = entries()("chat");
    expect(chat.map(({ model, order }) => [model, order])).toEqual([
      ["openai/qwen3:0.6b", 1],
      ["openai/gpt-5-mini", 2],
      ["openai/large", 2],
    ]);
    expect(chat[0]).toMatchObject({ api_base: "http://127.0.0.1:4002/ollama/v1", input_cost_per_token: 0 });
    expect(chat[1]).toMatchObject({ api_base: "http://127.0.0.1:4002/_cloud/first/v1", api_key: "sk-first" });
    expect(chat[2]).toMatchObject({ api_base: "http://127.0.0.1:4002/_cloud/second/v1" });
  });

  it("uses half of what a provider allows, and no account more often because two models name it", () => {
    expect(entries()("chat")[1]).toMatchObject({ tpm: 7500, rpm: 125, max_budget: 10 });
    expect(entries()("code")[1]).toMatchObject({ tpm: 7500, rpm: 125, max_budget: 10 });
    expect(entries()("chat")[2]).toMatchObject({ tpm: 3000 });
  });

  it("finds compute's servers by the topology, and a person's by its address", () => {
    const text = doorConfig(settings.inference, desktop, house);
    expect(text).toContain(`server ollama ${compute.address}:11434 maxconn 2 check`);
    expect(text).toContain("http-check send meth GET uri /api/version");
    expect(text).toContain("server mine 192.168.1.9:9000 maxconn 3 check");
  });

  it("leaves LiteLLM no way out of its node but the door, which asks the accounts at their own addresses", () => {
    const router = quadletsOn({ node: desktop, topology: house }, settings).find(
      ({ name }) => name === "inference",
    );
    expect(router?.run.reaches).toBe("loopback");
    for (const { api_base } of [...entries()("chat"), ...entries()("code")])
      expect(api_base).toMatch(/^http:\/\/127\.0\.0\.1:4002\//);
    const servers = doorConfig(settings.inference, desktop, house).match(/^ {2}server .*$/gm) ?? [];
    expect(servers.filter((line) => line.includes(" ssl ")).map((line) => line.split(" ")[4])).toEqual([
      "api.openai.com:443",
      "api.example.org:443",
    ]);
    for (const line of servers.filter((one) => one.includes(" ssl ")))
      expect(line).toMatch(/ verify required .* verifyhost api\./);
  });

  it.each([
    [
      { provider: "gemini" },
      /accounts\.first\.provider is gemini: .*url must say where its API is.*openai, anthropic/,
    ],
    [
      { url: "https://192.0.2.7/v1" },
      /accounts\.first\.url has the address 192\.0\.2\.7: with https it must have a name/,
    ],
    [{ url: "https://[2001:db8::7]/v1" }, /has the address 2001:db8::7: /],
  ])(
    "refuses an account of which it cannot know where it is, or who answers there: %j",
    (first, sentence) => {
      expect(inferenceProblems(inferenceSchema.parse({ accounts: { first } })).join()).toMatch(sentence);
    },
  );

  it("asks a server of a person's own by its address, without a certificate", () => {
    const { accounts, ...rest } = inferenceSchema.parse({
      accounts: { mine: { url: "http://[2001:db8::7]:8000/v1" } },
    });
    expect(inferenceProblems({ accounts, ...rest })).toEqual([]);
    expect(doorConfig({ accounts, ...rest }, desktop, house)).toContain("  server mine [2001:db8::7]:8000\n");
  });

  it("gives up a server that is silent within ten seconds, the wait for a slot included", () => {
    const { answerSeconds } =
      inferenceSchema.parse({ backends: { a: { service: "vllm" } } }).backends.a ?? {};
    const text = doorConfig(settings.inference, desktop, house);
    const queue = Number(/backend house-[^]*?timeout queue (\d+)s/.exec(text)?.[1]);
    expect((answerSeconds ?? Infinity) + queue).toBeLessThanOrEqual(10);
  });

  it("has no secret in a file, an argument or the environment", () => {
    for (const { run } of quadletsOn({ node: desktop, topology: house }, settings)) {
      const { environment = {}, exec = [], secrets = [] } = run.container;
      const text = JSON.stringify([environment, exec, run.files]);
      expect(text).not.toMatch(/sk-first|sk-second|MASTER|MAIL|STORE/);
      expect(secrets.filter(({ variable }) => variable !== undefined)).toEqual([]);
    }
    expect(secretNames("desktop", settings)).toEqual([
      ...["homelab-inference-store-store", "homelab-inference-store-auth", "homelab-inference-master"],
      ...["homelab-inference-mail", "homelab-inference-config", "homelab-inference-keys"],
      "homelab-inference-door-metrics",
    ]);
  });

  it("knows each client by its key, with its models", () => {
    expect(JSON.parse(routerKeys(settings.inference, sources))).toEqual({
      master: "MASTER",
      clients: [{ name: "mail", key: "MAIL", models: ["chat"], parallel: 2 }],
    });
  });

  it("keeps prompts out of its log unless it is told otherwise", () => {
    const off = (given: object) =>
      (
        JSON.parse(routerConfig((load({ ...own, ...given }) as typeof settings).inference, sources)) as {
          litellm_settings: { turn_off_message_logging: boolean };
        }
      ).litellm_settings.turn_off_message_logging;
    expect([off({}), off({ logPrompts: true })]).toEqual([true, false]);
  });

  it("never says a key in a message about its settings", () => {
    expect(() => load({ ...own, accounts: { first: { apiKey: "has blanks in it" } } })).toThrow(
      /^(?!.*blanks in it).*apiKey/s,
    );
  });
});

describe("settings of the inference gateway that do not fit together", () => {
  const problems = (given: object) => inferenceProblems(inferenceSchema.parse({ ...own, ...given }));

  it.each([
    ["nothing, as they are", {}, undefined],
    [
      "a backend that is nowhere",
      { models: { chat: [{ backend: "gone", model: "x" }] } },
      "homelab:inference.models.chat.0.backend is gone: it must be one of homelab:inference.backends; there is ollama, mine.",
    ],
    [
      "an account that is nowhere",
      { models: { chat: [{ account: "gone", model: "x" }] } },
      "homelab:inference.models.chat.0.account is gone: it must be one of homelab:inference.accounts; there is first, second.",
    ],
    [
      "a client of a model that is nowhere",
      { clients: { mail: { models: ["gone"] } } },
      "homelab:inference.clients.mail.models names gone: it must be one of homelab:inference.models; there is chat, code.",
    ],
    [
      "a backend that is two",
      { backends: { ...own.backends, ollama: { service: "ollama", url: "http://192.168.1.9" } } },
      "homelab:inference.backends.ollama must have either service (ollama, llamaCpp or vllm) or url.",
    ],
    [
      "a port of its own taken twice",
      { storePort: 4001 },
      "homelab:inference.storePort is 4001: homelab:inference.routerPort has this port already; each needs its own.",
    ],
    [
      "no model",
      { models: {}, clients: {} },
      "homelab:inference.enabled is true: homelab:inference.models must name at least one model, or nothing can be asked.",
    ],
  ])("are told of in a sentence: %s", (_, given, sentence) => {
    expect(problems(given)).toEqual(sentence === undefined ? [] : [sentence]);
  });

  it("are told of before anything is touched", () => {
    const wrong = load({ ...own, storePort: 4001 });
    expect(serviceProblems(desktop, house, wrong)).toHaveLength(1);
  });
});
