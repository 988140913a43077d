import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pages } from "./pages";

/**
 * The same pages without Grafana: a file that Prometheus itself shows, as one of its console templates, and that asks it.
 * @see https://prometheus.io/docs/visualization/consoles/
 */
export function consolePage(): string {
  const list = JSON.stringify(pages)
    // To Prometheus two braces begin an action; `</` would end the script.
    .replaceAll("{{", "\\u007b\\u007b")
    .replaceAll("<", "\\u003c");
  return readFileSync(join(__dirname, "page.html"), "utf8").replace('"PAGES"', () => list);
}

/** Where consoles are in the container. */
export const consoles = "/etc/prometheus/consoles";
/** Below Prometheus' address. */
export const consolePath = "/consoles/homelab.html";
