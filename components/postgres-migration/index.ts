export { PostgresMigration, type PostgresMigrationArgs } from "./postgres-migration";
