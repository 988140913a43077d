import { cpus, loadavg } from "node:os";
import { postgresSchema } from "../../../services";
import { record } from "../record";
import { asked, load } from "./load";
import { recall, table, type Measured } from "./summary";
import {
  connected,
  given,
  type Given,
  k,
  searchesPerSecond,
  setCandidates,
  storesPerSecond,
  underLoad,
} from "./under-load";

/** measure.ts HOST SECONDS ROUNDS [record]: measures both servers in turn, prints a table, and writes it to RESULTS.md. */
type Server = "house" | "defaults";
interface Way {
  readonly what: string;
  readonly server: Server;
  readonly candidates: number;
  /** Messages that come with each hit, beside the metadata. */
  readonly history: number;
}
const usual = postgresSchema.parse({}).search.efSearch;
const ways: readonly Way[] = [
  { what: "PostgreSQL's defaults", server: "defaults", candidates: 40, history: 0 },
  { what: "this program's settings", server: "house", candidates: usual, history: 0 },
  { what: "… joined with chat history and metadata", server: "house", candidates: usual, history: 6 },
  { what: "… fewer candidates, as by default", server: "house", candidates: 40, history: 0 },
  { what: "… more candidates", server: "house", candidates: 200, history: 0 },
];

async function main(host: string, seconds: number, rounds: number, recorded: boolean): Promise<void> {
  const dsns: Record<Server, string> = {
    house: `postgresql://agent@${host}:15432/agent_gateway`,
    defaults: `postgresql://agent@${host}:15433/agent_gateway`,
  };
  const inHouse = ways.filter(({ server }) => server === "house").length;
  const arriving = inHouse * rounds * (seconds * storesPerSecond + 1);
  const busy = [loadavg()[0] ?? 0];
  const loaded = {} as Record<Server, Awaited<ReturnType<typeof load>>>;
  for (const server of ["defaults", "house"] as const) {
    say(`${server}: storing and building the index`);
    loaded[server] = await load(dsns[server], arriving);
    say(`${server}: the index was built in ${loaded[server].indexSeconds.toFixed(0)} s`);
  }
  const { stored } = loaded.house;
  const questions = await given(dsns.house, stored + arriving + 1, asked);
  const newcomers = await given(dsns.house, stored + 1, arriving);

  const samples = new Map(ways.map((way) => [way, { searches: [] as number[], stores: [] as number[] }]));
  const next: Record<Server, number> = { house: 0, defaults: 0 };
  for (let round = 1; round <= rounds; round += 1) {
    // Each the other way round than the last, so that nobody is always first.
    for (const way of round % 2 === 1 ? ways : [...ways].reverse()) {
      await setCandidates(dsns[way.server], way.candidates);
      const count = seconds * storesPerSecond;
      const some = newcomers.slice(next[way.server], (next[way.server] += count));
      const measured = await underLoad(dsns[way.server], way.history, seconds, questions, some);
      samples.get(way)?.searches.push(...measured.searches);
      samples.get(way)?.stores.push(...measured.stores);
      busy.push(loadavg()[0] ?? 0);
      say(`round ${round}: ${way.what} (ef_search ${way.candidates})`);
    }
  }

  const results: Measured[] = [];
  const exact: Partial<Record<Server, number[][]>> = {};
  for (const way of ways) {
    const dsn = dsns[way.server];
    exact[way.server] ??= await distances(dsn, questions, "exact");
    await setCandidates(dsn, way.candidates);
    const found = await distances(dsn, questions, "index");
    const shares = exact[way.server]?.map((of, i) => recall(of, found[i] ?? [])) ?? [];
    const { searches, stores } = samples.get(way) ?? { searches: [], stores: [] };
    results.push({
      ...{ what: way.what, candidates: way.candidates, searches, stores },
      recall: shares.reduce((sum, share) => sum + share, 0) / shares.length,
    });
  }

  const cores = cpus().length;
  const text = `Written by \`lab/bench/search/run --record\`: ${searchesPerSecond} searches a second for ${k} hits while ${storesPerSecond} documents a second are stored, by search/, ${rounds} × ${seconds} s for each row in turn. ${stored} real 384-dimension embeddings at the start, ${stored + next.house} at the end (with the defaults ${stored + next.defaults}); the ${asked} that are asked for are not among them. Recall is against comparing all, for the same questions, when nothing arrives any more.

${new Date().toISOString().slice(0, 10)}: ${cores} cores, load ${Math.min(...busy).toFixed(0)} to ${Math.max(...busy).toFixed(0)} (above ${cores} the computer was busy with other things: compare the rows, do not take the times as such). The index was built in ${loaded.house.indexSeconds.toFixed(0)} s with this program's settings and in ${loaded.defaults.indexSeconds.toFixed(0)} s with the defaults.

${table(results)}`;
  process.stdout.write(`\n${text}\n`);
  if (recorded) record("Search", text);
}

const say = (text: string) => process.stderr.write(`${text}\n`);

/** Distances of the ten nearest of each question, by the index or by comparing all. */
function distances(dsn: string, questions: readonly Given[], by: "index" | "exact"): Promise<number[][]> {
  return connected(dsn, async (client) => {
    if (by === "exact") await client.query("set enable_indexscan = off");
    const all: number[][] = [];
    for (const { embedding } of questions) {
      const { rows } = await client.query<{ distance: number }>(
        `select embedding <=> $1::vector as distance from search.documents
         order by embedding <=> $1::vector limit ${k}`,
        [JSON.stringify(embedding)],
      );
      all.push(rows.map(({ distance }) => distance));
    }
    return all;
  });
}

const [host, seconds, rounds, recorded] = process.argv.slice(2);
if (host === undefined || seconds === undefined || rounds === undefined)
  throw new Error("measure.ts HOST SECONDS ROUNDS [record]");
main(host, Number(seconds), Number(rounds), recorded !== undefined).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
