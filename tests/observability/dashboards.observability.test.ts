import { expect, it } from "vitest";
import { pages } from "../../components/observability-stack/dashboards/pages";
import { chain, filled } from "../../components/observability-stack/dashboards/queries";
import { find, query } from "../support/alerts";
import { until } from "../support/until";

/** With `lab/observability on`: what the panels ask is asked, of the Prometheus and the log engine that are there. */

const all = pages.flatMap(({ title, rows }) =>
  Object.values(rows).flatMap((queries) => queries.map((one) => [`${title}: ${one.title}`, one] as const)),
);

it.each(all)("%s has something to show", async (_title, panel) => {
  const expr = filled(panel, "1m");
  if (panel.mayBeEmpty === true) {
    // It is answered, whether there is something or not.
    expect(query(expr)).toBeInstanceOf(Array);
  } else {
    await until("that there is something", () => (query(expr).length > 0 ? true : undefined), 90);
  }
});

it("the log engine understands the chain's query", () => {
  const expr = chain.logs.victorialogs.replace("$correlation_id", "f".repeat(32));
  expect(find(`_time:1h ${expr}`)).toEqual([]);
});
