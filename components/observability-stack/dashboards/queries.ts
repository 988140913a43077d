/**
 * What the dashboards show, known here once: Grafana's pages, the lab's page and the tests are made of it. `$step` is the width
 * of a rate, which whoever draws puts in.
 */
export interface Query {
  readonly title: string;
  /** PromQL. */
  readonly expr: string;
  /** With `{{label}}`. */
  readonly legend: string;
  /** As Grafana names it. @see https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit */
  readonly unit: "none" | "percentunit" | "bytes" | "Bps" | "ops" | "s" | "bool" | "short";
  /** A house in which all is well, or which has not switched it on, has none of it. @default false */
  readonly mayBeEmpty?: boolean;
}

export interface Page {
  /** Part of its address, which stays. */
  readonly uid: string;
  readonly title: string;
  readonly rows: Readonly<Record<string, readonly Query[]>>;
}

/** A query as it is asked. @param step the width of a rate, such as `1m` */
export const filled = ({ expr }: Query, step: string): string => expr.replaceAll("$step", step);

/** One chain of requests, by the id that is put in for `$correlation_id`: in the logs of each engine, and in PostgreSQL. */
export const chain = {
  uid: "homelab-chain",
  title: "A chain of requests",
  logs: {
    loki: '{node=~".+"} | correlation_id=`$correlation_id`',
    victorialogs: 'CORRELATION_ID:="$correlation_id" | sort by (_time)',
  },
  postgres:
    "select at, source, what, took, status from observability.chain where correlation_id = ${correlation_id:sqlstring} order by at",
} as const;
