import { parser } from "@grafana/lezer-logql";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { pages } from "./pages";
import { chain } from "./queries";
import { dashboardFiles, providersFile, sourcesFile } from "./grafana";
import { consolePage } from "./page";

interface Panel {
  readonly type: string;
  readonly title?: string;
  readonly datasource?: { readonly uid?: string };
  readonly targets?: readonly { readonly expr?: string; readonly rawSql?: string }[];
}
interface Board {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const boards = (engine: "loki" | "victorialogs", database: boolean): Board[] =>
  Object.values(dashboardFiles(engine, database)).map((text) => JSON.parse(text) as Board);
const sources = {
  prometheus: "http://10.0.0.1:9090",
  logs: { engine: "loki" as const, url: "http://10.0.0.1:3100" },
  postgres: {
    ...{ at: "10.0.0.1:5432", database: "agent_gateway", role: "viewer" },
    passwordFile: "/run/secrets/homelab-grafana-postgres",
  },
};

describe("the dashboards", () => {
  it("are six pages, each at an address of its own", () => {
    const all = boards("loki", true);
    expect(all.map(({ uid }) => uid)).toEqual([
      ...["homelab-house", "homelab-postgres", "homelab-storage", "homelab-jobs", "homelab-agents"],
      "homelab-chain",
    ]);
  });

  it("have every query of the list once, and draw from a source that there is", () => {
    const named = (parse(sourcesFile(sources)) as { datasources: { uid: string }[] }).datasources;
    const panels = boards("loki", true)
      .flatMap((board) => board.panels)
      .filter(({ type }) => type !== "row");
    for (const one of panels) expect(named.map(({ uid }) => uid)).toContain(one.datasource?.uid);
    const asked = panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => expr ?? []));
    const wanted = pages.flatMap(({ rows }) => Object.values(rows).flat());
    expect(asked).toHaveLength(wanted.length + 1);
    expect(asked.join("\n")).not.toContain("$step");
  });

  it.each(pages.map((page) => [page.title, page] as const))(
    "%s names no panel twice in a row",
    (_title, page) => {
      for (const row of Object.values(page.rows)) {
        const titles = row.map(({ title }) => title);
        expect(new Set(titles).size).toBe(titles.length);
      }
    },
  );

  it("show a chain without PostgreSQL where no role may read it", () => {
    const [with_, without] = [boards("loki", true), boards("loki", false)].map(
      (all) => all.at(-1)?.panels ?? [],
    );
    expect(with_?.map(({ title }) => title)).toEqual(["What was done", "What was said"]);
    expect(without?.map(({ title }) => title)).toEqual(["What was said"]);
  });

  it("ask the log engine that there is", () => {
    const expr = (engine: "loki" | "victorialogs") =>
      boards(engine, false).at(-1)?.panels[0]?.targets?.[0]?.expr;
    expect(expr("loki")).toBe(chain.logs.loki);
    expect(expr("victorialogs")).toBe(chain.logs.victorialogs);
  });
});

describe("LogQL of the chain", () => {
  const mistakes = (text: string): number => {
    let found = 0;
    parser.parse(text).iterate({
      enter: ({ type }) => {
        if (type.isError) found++;
      },
    });
    return found;
  };
  it("is as Loki's grammar has it", () => {
    expect(mistakes(chain.logs.loki.replace("$correlation_id", "0af7651916cd43dd8448eb211c80319c"))).toBe(0);
    expect(mistakes('{a="b"} | x =')).toBeGreaterThan(0);
  });
});

describe("Grafana's data sources", () => {
  it("have no password in them", () => {
    expect(sourcesFile(sources)).toContain("$__file{/run/secrets/homelab-grafana-postgres}");
  });

  it("and pages cannot be changed in the browser, for they are put back", () => {
    expect(parse(providersFile("/x"))).toMatchObject({ providers: [{ allowUiUpdates: false }] });
    const { datasources } = parse(sourcesFile(sources)) as { datasources: { editable: boolean }[] };
    expect(datasources.map(({ editable }) => editable)).toEqual([false, false, false]);
  });
});

describe("the page without Grafana", () => {
  const list = /const pages = (.*);\n/.exec(consolePage())?.[1] ?? "";

  it("draws the same pages of the same list", () => {
    expect(JSON.parse(list)).toEqual(pages);
  });

  it("has nothing that Prometheus takes for an action, or a browser for the script's end", () => {
    expect(consolePage()).not.toContain("{{");
    expect(list).not.toContain("<");
  });

  it("asks nobody but the Prometheus that it is from", () => {
    expect(consolePage().match(/https?:\/\/[^\s"']+/g)).toEqual(["http://www.w3.org/2000/svg"]);
  });
});
