import { Document, isMap, parseDocument, Scalar, YAMLMap } from "yaml";
import type { Imported, ImportedJob } from "./imported";
import { checkJobs, type Jobs } from "./schema";

const heading = ` Jobs of the house. Imported ones are as cron ran them, but for one thing: a run whose predecessor still runs is left
 out (overlap: skip). Read each, and say what cron could not: retries, timeout, after, success. docs/jobs.md has the keys.`;

/** Reads the text of a jobs.yaml. @throws Error with every mistake, a sentence each */
export function readJobs(text: string, where: string): Jobs {
  return checkJobs(parsed(text, where).toJS() ?? { jobs: {} }, where);
}

function parsed(text: string, where: string): Document {
  const document = parseDocument(text);
  const [wrong] = document.errors;
  if (wrong !== undefined) throw new Error(`${where} is no YAML: ${wrong.message.split("\n")[0] ?? ""}`);
  return document;
}

interface Written {
  readonly text: string;
  /** Those that were not in it before. */
  readonly added: readonly ImportedJob[];
}

/**
 * The text of a jobs.yaml with what was imported. What is in it already stays as people left it, known by where it came
 * from.
 * @param former its text, empty when there is none yet
 */
export function writeJobs(former: string, { jobs }: Pick<Imported, "jobs">, where: string): Written {
  const document = former.trim() === "" ? new Document({ jobs: {} }) : parsed(former, where);
  const known = new Set(
    Object.values(readJobs(former, where)).map(({ from, node }) => `${node} ${from ?? ""}`),
  );
  if (former.trim() === "") document.commentBefore = heading;
  let map = document.get("jobs");
  if (!isMap(map)) document.set("jobs", (map = new YAMLMap()));
  if (map instanceof YAMLMap) map.flow = false;
  const added = jobs.filter(({ job }) => !known.has(`${job.node} ${job.from}`));
  for (const { name, job, remarks } of added) {
    const key = new Scalar(name);
    const value = document.createNode(job);
    if ((map as YAMLMap).items.length > 0) key.spaceBefore = true;
    if (remarks.length > 0) key.commentBefore = remarks.map((remark) => ` ${oneLine(remark)}.`).join("\n");
    const schedule: unknown = value instanceof YAMLMap ? value.get("schedule") : undefined;
    if (schedule instanceof YAMLMap) schedule.flow = true;
    (map as YAMLMap).add({ key, value });
  }
  return { text: document.toString({ lineWidth: 0 }), added };
}

const oneLine = (text: string) => text.replace(/[\r\n]+/g, " ");
