import { Client } from "pg";
import { onNode, tunnelBy } from "./lab";
import { handedOut } from "./stack";

/** Asks agent_gateway as its superuser. */
export const inPostgres = (sql: string): string =>
  onNode(
    "storage",
    "podman exec -i --user postgres postgres psql -v ON_ERROR_STOP=1 -qAt agent_gateway",
    sql,
  );

/** A table in which an agent on desktop notes what it did, and the view that shows it. */
export class ChainTable {
  private constructor(
    private readonly database: Client,
    private readonly disconnect: () => void,
  ) {}

  static async open(): Promise<ChainTable> {
    // PostgreSQL is open to the nodes only: the agent is one on desktop.
    const dsn = new URL(handedOut().dsns.agent?.agent_gateway ?? "");
    const tunnel = await tunnelBy("desktop", dsn.host);
    dsn.host = `127.0.0.1:${tunnel.port}`;
    const database = new Client({ connectionString: dsn.href });
    await database.connect();
    await database.query(
      "create table if not exists chain_test (at timestamptz default clock_timestamp(), what text, " +
        "correlation_id text default nullif(current_setting('homelab.correlation_id', true), ''), program text default current_setting('application_name'));" +
        "create index if not exists chain_test_id on chain_test (correlation_id) where correlation_id is not null;" +
        "create schema if not exists observability;" +
        "create or replace view observability.chain as select correlation_id, at, 'agent' as source, what, interval '0' as took, 'done' as status " +
        "from chain_test where correlation_id is not null",
    );
    return new ChainTable(database, tunnel.close);
  }

  /** Notes what was done, in a transaction of the chain. @param mistakes statements that fail in it */
  async note(id: string, what: string, ...mistakes: readonly string[]): Promise<void> {
    await this.database.query("begin");
    await this.database.query(
      "select set_config('homelab.correlation_id', $1, true), set_config('application_name', 'scout cid:' || $1, true)",
      [id],
    );
    await this.database.query("insert into chain_test (what) values ($1)", [what]);
    for (const mistake of mistakes) {
      await this.database.query("savepoint mistake");
      await this.database.query(mistake).catch(() => undefined);
      await this.database.query("rollback to savepoint mistake");
    }
    await this.database.query("commit");
  }

  /** What the connection has of a chain outside of its transactions. */
  async leftOver(): Promise<string> {
    const { rows } = await this.database.query<{ id: string }>(
      "select coalesce(current_setting('homelab.correlation_id', true), '') || current_setting('application_name') as id",
    );
    return rows[0]?.id ?? "";
  }

  async close(): Promise<void> {
    await this.database.end();
    this.disconnect();
    inPostgres("drop schema if exists observability cascade; drop table if exists chain_test");
  }
}

/** What the view shows of a chain, `SOURCE|WHAT` a line, the first one first. */
export const shownOf = (id: string): string[] =>
  inPostgres(`select source, what from observability.chain where correlation_id = '${id}' order by at`)
    .trim()
    .split("\n");
