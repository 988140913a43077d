import { pathOfSecret } from "../packages/quadlet";
import { cloudBase } from "./inference-cloud";
import { wakePath } from "./inference-door";
import type { InferenceSettings } from "./inference-settings";
import { secretName, type SecretSources } from "./service";

/** A provider's minute slides, LiteLLM's begins with the clock's: with half of it neither end of a minute exceeds it. */
const share = (limit: number, among: number) => Math.max(1, Math.floor(limit / 2 / among));
const half = (limit: number | undefined) => (limit === undefined ? undefined : share(limit, 1));

/** Seconds in which a server that failed is not asked again: enough for the request at hand to go elsewhere. */
const localCooldown = 2;
const cloudCooldown = 15;

/** How many entries of all models use an account: they share its limits. */
const entriesOf = (own: InferenceSettings, account: string): number =>
  Object.values(own.models)
    .flat()
    .filter((one) => one.account === account).length;

type Choice = InferenceSettings["models"][string][number];

const costs = ({ inputCost, outputCost }: Choice, otherwise?: number) => {
  const [input, output] = [inputCost ?? otherwise, outputCost ?? otherwise];
  return {
    ...(input === undefined ? {} : { input_cost_per_token: input / 1e6 }),
    ...(output === undefined ? {} : { output_cost_per_token: output / 1e6 }),
  };
};

function localParams(own: InferenceSettings, name: string, choice: Choice) {
  const seconds = (own.backends[name]?.answerSeconds ?? 8) + 4;
  return {
    model: `openai/${choice.model}`,
    api_base: `http://127.0.0.1:${own.backendPort}/${choice.wake ? wakePath : ""}${name}/v1`,
    api_key: "none",
    // HAProxy gives up first; this is for the case that it does not answer itself.
    timeout: seconds,
    stream_timeout: seconds,
    cooldown_time: localCooldown,
    ...costs(choice, 0),
  };
}

function cloudParams(own: InferenceSettings, name: string, choice: Choice) {
  const account = own.accounts[name];
  if (account === undefined) return {};
  const { provider, apiKey, tokensPerMinute, requestsPerMinute, budget, budgetTime, answerSeconds } = account;
  const among = Math.max(1, entriesOf(own, name));
  return {
    model: `${provider}/${choice.model}`,
    api_base: cloudBase(own, name, account),
    api_key: apiKey ?? "none",
    ...(tokensPerMinute === undefined ? {} : { tpm: share(tokensPerMinute, among) }),
    ...(requestsPerMinute === undefined ? {} : { rpm: share(requestsPerMinute, among) }),
    ...(budget === undefined ? {} : { max_budget: budget / among, budget_duration: budgetTime }),
    timeout: answerSeconds,
    stream_timeout: Math.min(30, answerSeconds),
    cooldown_time: cloudCooldown,
    ...costs(choice),
  };
}

/** Neighbours of a kind are asked by turns: the house's before the accounts, as they stand. */
function levels(choices: readonly Choice[]): number[] {
  let level = 0;
  return choices.map((choice, i) => {
    const before = choices[i - 1];
    if (before === undefined || before.backend !== undefined || choice.backend !== undefined) level += 1;
    return level;
  });
}

/**
 * LiteLLM's configuration: JSON, which is YAML. A secret, because it holds the accounts' keys.
 * @see https://docs.litellm.ai/docs/proxy/config_settings
 */
export function routerConfig(own: InferenceSettings, { passwords, services }: SecretSources): string {
  const config = {
    model_list: Object.entries(own.models).flatMap(([model, choices]) => {
      const order = levels(choices);
      return choices.map((choice, i) => ({
        model_name: model,
        litellm_params: {
          ...(choice.backend === undefined
            ? cloudParams(own, choice.account ?? "", choice)
            : localParams(own, choice.backend, choice)),
          order: order[i],
        },
        model_info: { id: `${choice.backend ?? choice.account ?? ""}/${model}/${i}` },
      }));
    }),
    router_settings: {
      routing_strategy: "usage-based-routing-v2",
      enable_pre_call_checks: true,
      num_retries: 2,
      allowed_fails: 0,
      cooldown_time: cloudCooldown,
      redis_host: "127.0.0.1",
      redis_port: own.storePort,
      redis_password: services?.["inference-store"]?.store ?? "",
    },
    litellm_settings: {
      callbacks: ["prometheus", "homelab_log.log"],
      request_timeout: 120,
      drop_params: true,
      telemetry: false,
      turn_off_message_logging: !own.logPrompts,
    },
    general_settings: {
      master_key: passwords.master ?? "",
      custom_auth: "homelab_auth.auth",
      disable_spend_logs: true,
    },
  };
  return `${JSON.stringify(config, undefined, 1)}\n`;
}

/** Who may ask, each with its key: a secret. */
export const routerKeys = ({ clients }: InferenceSettings, { passwords }: SecretSources): string =>
  JSON.stringify({
    master: passwords.master ?? "",
    clients: Object.entries(clients).map(([name, own]) => ({ name, key: passwords[name] ?? "", ...own })),
  });

/** What the gateway uses of an account at most, as figures that an alert compares with what was used. */
export const routerLimits = (own: InferenceSettings): string =>
  JSON.stringify({
    keys: pathOfSecret(secretName("inference", "keys")),
    accounts: Object.fromEntries(
      Object.entries(own.accounts).map(([name, { tokensPerMinute, requestsPerMinute, budget }]) => [
        name,
        { tokens: half(tokensPerMinute), requests: half(requestsPerMinute), budget },
      ]),
    ),
  });
