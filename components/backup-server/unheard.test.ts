import { afterEach, beforeEach, expect, it } from "vitest";
import { Played } from "./testing";

/** A dump asks PostgreSQL which databases there are. */
let played: Played;
beforeEach(() => {
  played = new Played();
});
afterEach(() => {
  played.remove();
});

it.each([
  ["does not say", "return 1"],
  ["says of none", "true"],
])("is no dump when PostgreSQL %s which there are", (_what, answer) => {
  const { code, said } = played.bash(
    `source ${played.scripts}/lib.sh && source ${played.scripts}/postgres-lib.sh && source ${played.scripts}/postgres-snapshot.sh
     moment() { echo a moment; }; open_sessions() { :; }; close_sessions() { :; }; ask() { echo 1; }; problem() { :; }; later=()
     in_server() { case "$*" in *pg_database*) ${answer} ;; *) echo dumped ;; esac; }
     snapshot now ${played.folder}; echo went on`,
  );
  expect(said).toBe("PostgreSQL does not say which databases there are: none was dumped.\n");
  expect(code).toBe(1);
});
