import { execFileSync } from "node:child_process";
import { loadavg } from "node:os";
import { record } from "../record";
import { grid } from "../results";
import { asked, load } from "./load";
import { percentile } from "./summary";
import { connected, given, storesPerSecond, underLoad } from "./under-load";

/**
 * settings.ts HOST SECONDS ROUNDS RESTART [record]: the program's settings, then the same with one setting at a time as
 * PostgreSQL has it by default. RESTART NAME=VALUE… is a command that starts the server anew with these.
 */
interface Setting {
  readonly name: string;
  readonly ours: string;
  readonly byDefault: string;
}

/** What decides who gets in and what is written down, not how fast it goes. */
const beside =
  /^(listen_addresses|port|hba_file|log_|logging_|password_|allow_|data_directory|config_file|tcp_|timezone|TimeZone|max_connections|superuser_|idle_)/;

async function main(
  host: string,
  seconds: number,
  rounds: number,
  restart: string,
  recorded: boolean,
): Promise<void> {
  const dsn = `postgresql://agent@${host}:15432/agent_gateway`;
  const settings = await differences(dsn);
  const variants: (Setting | undefined)[] = [undefined, ...settings];
  const count = seconds * storesPerSecond;
  const arriving = variants.length * rounds * count;
  const { stored } = await load(dsn, arriving);
  const questions = await given(dsn, stored + arriving + 1, asked);
  const newcomers = await given(dsn, stored + 1, arriving);
  const samples = variants.map((setting) => ({ setting, searches: [] as number[], stores: [] as number[] }));
  const busy: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const sample of round % 2 === 1 ? samples : [...samples].reverse()) {
      const { setting } = sample;
      execFileSync(restart, setting === undefined ? [] : [`${setting.name}=${setting.byDefault}`]);
      const some = newcomers.splice(0, count);
      const measured = await underLoad(dsn, 0, seconds, questions, some);
      sample.searches.push(...measured.searches);
      sample.stores.push(...measured.stores);
      busy.push(loadavg()[0] ?? 0);
      process.stderr.write(`round ${round}: ${setting?.name ?? "all of the program's settings"}\n`);
    }
  }
  const head = [
    "with PostgreSQL's default of",
    "ours",
    "default",
    "p50, ms",
    "p95, ms",
    "store p50, ms",
    "store p95, ms",
  ];
  const rows = samples.map(({ setting, searches, stores }) => [
    setting?.name ?? "nothing: all settings are ours",
    setting?.ours ?? "",
    setting?.byDefault ?? "",
    ...[searches, stores].flatMap((each) => [0.5, 0.95].map((part) => percentile(each, part).toFixed(1))),
  ]);
  const text = `Written by \`lab/bench/search/run --settings --record\`: the program's settings, and one at a time as PostgreSQL has it by default, ${rounds} × ${seconds} s each in turn, after a restart. ${stored} documents at the start. ${new Date().toISOString().slice(0, 10)}, load ${Math.min(...busy).toFixed(0)} to ${Math.max(...busy).toFixed(0)}.

${grid([head, ...rows])}`;
  process.stdout.write(`\n${text}\n`);
  if (recorded) record("Search, one setting at a time", text);
}

/** What the program sets otherwise than PostgreSQL does, and may cost or save time. */
function differences(dsn: string): Promise<Setting[]> {
  return connected(dsn, async (client) => {
    const { rows } = await client.query<Setting>(
      `select name, setting as ours, boot_val as "byDefault" from pg_settings
       where source = 'configuration file' and setting is distinct from boot_val order by name`,
    );
    return rows.filter(({ name }) => !beside.test(name));
  });
}

const [host, seconds, rounds, restart, recorded] = process.argv.slice(2);
if (host === undefined || seconds === undefined || rounds === undefined || restart === undefined)
  throw new Error("settings.ts HOST SECONDS ROUNDS RESTART [record]");
main(host, Number(seconds), Number(rounds), restart, recorded !== undefined).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
