import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configuration } from "../../../components/postgres-node";
import { postgresSchema } from "../../../services";

/** render.ts ADDRESS CLIENT FOLDER: the configuration that the program gives PostgreSQL by default, open to the client. */
const [address, client, folder] = process.argv.slice(2);
if (address === undefined || client === undefined || folder === undefined)
  throw new Error("render.ts ADDRESS CLIENT FOLDER");
const { restart, reload } = configuration(postgresSchema.parse({}), address);
mkdirSync(folder, { recursive: true });
// What `restart` says comes last and wins.
writeFileSync(join(folder, "postgresql.conf"), `${restart}include_if_exists 'other.conf'\n`);
writeFileSync(join(folder, "reload.conf"), reload);
writeFileSync(
  join(folder, "pg_hba.conf"),
  ["local all all trust", "host all all 127.0.0.1/32 trust", `host all all ${client}/32 trust`, ""].join(
    "\n",
  ),
);
