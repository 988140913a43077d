import { cloudProblems } from "./inference-cloud";
import type { InferenceSettings } from "./inference-settings";

/** What its parts show together: one message per problem. */
export function inferenceProblems({
  accounts,
  backends,
  models,
  clients,
  ...own
}: InferenceSettings): string[] {
  const at = "homelab:inference";
  const listed = (of: object) =>
    Object.keys(of).length === 0 ? "there is none" : `there is ${Object.keys(of).join(", ")}`;
  return [
    ...Object.entries(backends).flatMap(([key, one]) => [
      ...((one.service === undefined) === (one.url === undefined)
        ? [`${at}.backends.${key} must have either service (ollama, llamaCpp or vllm) or url.`]
        : []),
      ...(one.url !== undefined && one.port !== undefined
        ? [`${at}.backends.${key}.port is ${one.port}: with url, the port stands in the URL.`]
        : []),
    ]),
    ...cloudProblems(accounts),
    ...Object.entries(models).flatMap(([key, choices]) =>
      choices.flatMap(({ backend: b, account: a }, i) => [
        ...(b !== undefined && !(b in backends)
          ? [
              `${at}.models.${key}.${i}.backend is ${b}: it must be one of ${at}.backends; ${listed(backends)}.`,
            ]
          : []),
        ...(a !== undefined && !(a in accounts)
          ? [
              `${at}.models.${key}.${i}.account is ${a}: it must be one of ${at}.accounts; ${listed(accounts)}.`,
            ]
          : []),
      ]),
    ),
    ...Object.entries(clients).flatMap(([key, one]) =>
      one.models
        .filter((model) => !(model in models))
        .map(
          (model) =>
            `${at}.clients.${key}.models names ${model}: it must be one of ${at}.models; ${listed(models)}.`,
        ),
    ),
    ...(own.enabled && Object.keys(models).length === 0
      ? [`${at}.enabled is true: ${at}.models must name at least one model, or nothing can be asked.`]
      : []),
    ...samePorts(own),
  ];
}

const samePorts = (
  own: Pick<InferenceSettings, "port" | "metricsPort" | "routerPort" | "backendPort" | "storePort">,
) => {
  const keys = ["port", "metricsPort", "routerPort", "backendPort", "storePort"] as const;
  return keys.flatMap((key, i) => {
    const first = keys.slice(0, i).find((other) => own[other] === own[key]);
    return first === undefined
      ? []
      : [
          `homelab:inference.${key} is ${own[key]}: homelab:inference.${first} has this port already; each needs its own.`,
        ];
  });
};
