import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  DashboardBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  type Dashboard,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as LogsPanel } from "@grafana/grafana-foundation-sdk/logs";
import { DataqueryBuilder as LokiQuery } from "@grafana/grafana-foundation-sdk/loki";
import { DataqueryBuilder as PrometheusQuery } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as TablePanel } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeSeriesPanel } from "@grafana/grafana-foundation-sdk/timeseries";
import { stringify } from "yaml";
import type { LogEngine } from "../../../services";
import { pages } from "./pages";
import { chain, filled, type Page, type Query } from "./queries";

/* eslint-disable @typescript-eslint/no-deprecated -- the form of dashboards that every Grafana reads from files */

/** Grafana's pages and data sources. The uids are what pages name: a person may change a name, and no uid. */

const prometheus = { type: "prometheus", uid: "prometheus" };
const logSources = {
  loki: { type: "loki", uid: "logs" },
  victorialogs: { type: "victoriametrics-logs-datasource", uid: "logs" },
} as const;
const postgres = { type: "grafana-postgresql-datasource", uid: "postgres" };

/** A query that the SDK has no type for: the object is the data source's own. */
class OwnQuery implements Builder<Dataquery> {
  readonly #query: object;
  constructor(query: object) {
    this.#query = query;
  }
  build(): Dataquery {
    return { _implementsDataqueryVariant: () => undefined, refId: "A", ...this.#query } as Dataquery;
  }
}

const panel = (query: Query) =>
  new TimeSeriesPanel()
    .title(query.title)
    .datasource(prometheus)
    .unit(query.unit)
    .span(8)
    .withTarget(
      new PrometheusQuery().refId("A").expr(filled(query, "$__rate_interval")).legendFormat(query.legend),
    );

function board({ uid, title, rows }: Page): Dashboard {
  const all = new DashboardBuilder(title)
    .uid(uid)
    .tags(["homelab"])
    .time({ from: "now-6h", to: "now" })
    .refresh("30s")
    .readonly();
  for (const [row, queries] of Object.entries(rows)) {
    all.withRow(new RowBuilder(row));
    for (const query of queries) all.withPanel(panel(query));
  }
  return all.build();
}

function chainBoard(engine: LogEngine, database: boolean): Dashboard {
  const said = new LogsPanel().title("What was said").span(24).height(14).showTime(true);
  const expr = chain.logs[engine];
  const all = new DashboardBuilder(chain.title)
    .uid(chain.uid)
    .tags(["homelab"])
    .time({ from: "now-24h", to: "now" })
    .readonly()
    .withVariable(new TextBoxVariableBuilder("correlation_id").label("correlation id"));
  if (database) {
    const query = { format: "table", rawQuery: true, rawSql: chain.postgres, editorMode: "code" };
    all.withPanel(
      new TablePanel()
        .title("What was done")
        .datasource(postgres)
        .span(24)
        .height(10)
        .withTarget(new OwnQuery(query)),
    );
  }
  return all
    .withPanel(
      said
        .datasource(logSources[engine])
        .withTarget(
          engine === "loki"
            ? new LokiQuery().refId("A").expr(expr)
            : new OwnQuery({ expr, queryType: "instant" }),
        ),
    )
    .build();
}

/** Every page's JSON, by the name of its file. */
export function dashboardFiles(engine: LogEngine, database: boolean): Readonly<Record<string, string>> {
  const boards = [...pages.map(board), chainBoard(engine, database)];
  return Object.fromEntries(
    boards.map((one) => [`${one.uid ?? one.title ?? ""}.json`, `${JSON.stringify(one, undefined, 1)}\n`]),
  );
}

export interface Sources {
  /** `http://host:port` */
  readonly prometheus: string;
  readonly logs: { readonly engine: LogEngine; readonly url: string };
  /** A role that may read, and where its password lies in the container. */
  readonly postgres?: {
    readonly at: string;
    readonly database: string;
    readonly role: string;
    readonly passwordFile: string;
  };
}

/** Its data sources, as it reads them when it starts. @see https://grafana.com/docs/grafana/latest/administration/provisioning/ */
export const sourcesFile = (sources: Sources): string =>
  stringify(
    {
      apiVersion: 1,
      // One that is no longer declared goes.
      prune: true,
      datasources: [
        {
          ...{ name: "Prometheus", ...prometheus, access: "proxy", url: sources.prometheus },
          ...{ isDefault: true, editable: false, jsonData: { timeInterval: "15s", httpMethod: "POST" } },
        },
        {
          ...{ name: "Logs", ...logSources[sources.logs.engine], access: "proxy", url: sources.logs.url },
          editable: false,
        },
        ...(sources.postgres === undefined
          ? []
          : [
              {
                ...{ name: "PostgreSQL", ...postgres, access: "proxy", url: sources.postgres.at },
                ...{ user: sources.postgres.role, editable: false },
                jsonData: {
                  ...{ database: sources.postgres.database, sslmode: "require" },
                  ...{ postgresVersion: 1500, maxOpenConns: 3 },
                },
                secureJsonData: { password: `$__file{${sources.postgres.passwordFile}}` },
              },
            ]),
      ],
    },
    { lineWidth: 0 },
  );

/** Where its pages are: what somebody changes in the browser is not kept, for the pages are the program's. */
export const providersFile = (path: string): string =>
  stringify({
    apiVersion: 1,
    providers: [{ name: "homelab", type: "file", allowUiUpdates: false, options: { path } }],
  });
