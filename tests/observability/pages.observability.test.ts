import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { consolePath } from "../../components/observability-stack/dashboards/page";
import { pages } from "../../components/observability-stack/dashboards/pages";
import { until } from "../support/until";
import { lab, tunnelBy } from "../support/lab";

/** With `lab/observability on`: the pages that Prometheus shows, as a browser draws them. Pictures: reports/observability. */
const reports = join(__dirname, "../../reports/observability");
let close: (() => void) | undefined;
let at = "";

beforeAll(async () => {
  mkdirSync(reports, { recursive: true });
  // As a person gets there: Prometheus is open to the nodes only.
  const tunnel = await tunnelBy("storage", "127.0.0.1:9090");
  close = tunnel.close;
  at = `http://127.0.0.1:${tunnel.port}`;
  await until("that Prometheus is there", async () => (await fetch(`${at}/-/ready`)).ok || undefined, 60);
});
afterAll(() => {
  close?.();
});

it.each(pages.map((page) => [page.title, page] as const))(
  "%s is drawn, with what is measured in it",
  (_title, page) => {
    const picture = join(reports, `${page.uid}.png`);
    const drawn = lab("browser", `${at}${consolePath}#${page.uid}`, picture, "1280,1800");
    const queries = Object.values(page.rows).flat();
    for (const { title } of queries) expect(drawn).toContain(`<figcaption>${title}</figcaption>`);
    const charts = drawn.match(/<polyline|<circle/g)?.length ?? 0;
    expect(charts).toBeGreaterThanOrEqual(queries.filter(({ mayBeEmpty }) => mayBeEmpty !== true).length);
    expect(drawn).not.toMatch(/Error:/);
    const bytes = readFileSync(picture);
    expect(bytes.subarray(1, 4).toString()).toBe("PNG");
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1280, 1800]);
    expect(bytes.length).toBeGreaterThan(20_000);
  },
);
