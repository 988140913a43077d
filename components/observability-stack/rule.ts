/** A moment in a promtool test: what Prometheus was told until then. */
export interface Case {
  /** Samples by series, in promtool's notation: `0x4 1x20`. */
  readonly series: Readonly<Record<string, string>>;
  /** When it is looked, from the first sample on: `1m30s`. */
  readonly at: string;
  /** Time between two samples, below Prometheus' look-back of 5 minutes. @default 1m */
  readonly step?: "15s" | "1m" | "4m";
}

/** One alert as Alertmanager is told of it. */
export interface Told {
  readonly labels: Readonly<Record<string, string>>;
  /** The summary as a person reads it. */
  readonly says: string;
}

/**
 * An alert: something that a person does something about. What to do stands under its name in docs/runbooks/alerts.md, and
 * a test that it fires, and one that it does not, belong to it.
 */
export interface Rule {
  readonly alert: string;
  /** PromQL. `homelab:node_expected` is 1 for each node that should be on now. */
  readonly expr: string;
  /** How long it must hold. @default at once */
  readonly for?: string;
  /** How long it is still told after it ended, for what comes and goes. */
  readonly keepFiringFor?: string;
  /** `critical` is told at once, `warning` within minutes, `none` to machines only. */
  readonly severity: "critical" | "warning" | "none";
  /** For people, with `{{ $labels.… }}` and `{{ $value }}`. */
  readonly summary: string;
  /** By what is the case, as a sentence. */
  readonly fires: Readonly<Record<string, Case & { readonly alerts: readonly Told[] }>>;
  readonly silent: Readonly<Record<string, Case>>;
}

/** Rules that are looked at together, declared beside what they are about. */
export interface RuleGroup {
  readonly name: string;
  /** @default the house's 15 seconds */
  readonly interval?: "5s" | "15s" | "1m";
  /** Names for expressions that rules of any group use. */
  readonly records?: readonly { readonly record: string; readonly expr: string }[];
  readonly rules: readonly Rule[];
}

/** Where a person reads what to do. */
export const runbookOf = (alert: string) => `docs/runbooks/alerts.md#${alert.toLowerCase()}`;
