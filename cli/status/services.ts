import type { Facts } from "./facts";

export type ServiceState = "as declared" | "changed" | "unhealthy" | "not running" | "not known";

/** A service as its node tells it. */
export interface Service {
  readonly name: string;
  readonly state: ServiceState;
  /** What is the matter, a sentence each. */
  readonly why: readonly string[];
}

const differences: Readonly<Record<string, string>> = {
  content: "was changed by hand",
  mode: "has another mode or owner",
  missing: "is missing, or no plain file",
  added: "was added by hand",
};

/** Every service that this program has set up on the node, by its notes there, compared with what is there now. */
export function servicesOf(facts: Facts): readonly Service[] {
  return facts.all("unit").map(([name = "", finished]) => serviceOf(facts, name, finished === "yes"));
}

function serviceOf(facts: Facts, name: string, finished: boolean): Service {
  const systemd = new Map(facts.about("systemd", name).map(([key = "", value = ""]) => [key, value]));
  if (!facts.done("units")) return { name, state: "not known", why: ["the node did not answer in time"] };
  const active = systemd.get("ActiveState") ?? "unknown";
  const changed = [
    ...facts.about("differs", name).map(([path = "", how = ""]) => `${path} ${differences[how] ?? how}`),
    ...(finished ? [] : ["it was not brought up to the end: an earlier run was stopped or failed"]),
  ];
  const ill = facts.about("ill", name).map(([words]) => `its health check fails: ${words ?? ""}`);
  const told = facts.done("health") || facts.about("healthy", name).length > 0;
  const unknown = [
    ...(facts.about("health-unknown", name).length > 0
      ? ["how it is asked for its health is not noted there yet: the next change of it does that"]
      : []),
    ...(told ? [] : ["its health check did not answer in time"]),
  ];
  if (systemd.get("LoadState") === "masked")
    return { name, state: "not running", why: ["it is masked", ...changed] };
  if (active === "activating" && Number(systemd.get("NRestarts")) > 0)
    return {
      name,
      state: "unhealthy",
      why: [`systemd has started it ${systemd.get("NRestarts") ?? ""} times`, ...changed],
    };
  if (active !== "active") {
    const result = systemd.get("Result") ?? "success";
    return {
      name,
      state: "not running",
      why: [result === "success" ? active : `${active}: ${result}`, ...changed],
    };
  }
  if (ill.length > 0) return { name, state: "unhealthy", why: [...ill, ...changed] };
  if (changed.length > 0) return { name, state: "changed", why: changed };
  if (!told) return { name, state: "not known", why: unknown };
  return { name, state: "as declared", why: unknown };
}
