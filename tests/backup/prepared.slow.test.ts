import { afterAll, beforeAll, expect, it } from "vitest";
import { receives, script } from "../support/backup";
import { onNode } from "../support/lab";
import { byHand } from "../support/services";

/** A server that was given more than the image's parameters after its last base backup had been made. */
const conf = "/etc/homelab/postgres/conf/postgresql.conf";
const restarted = (change: string) => {
  onNode("storage", `${change} && systemctl restart postgres`);
  receives();
};

beforeAll(() => {
  restarted(`cp ${conf} /var/tmp/conf.kept && echo 'max_prepared_transactions = 10' >>${conf}`);
  byHand("agent_gateway", "create table prepared_test (i int)");
  byHand("agent_gateway", "begin; insert into prepared_test values (9001); prepare transaction 'forgotten'");
});
afterAll(() => {
  byHand("agent_gateway", "drop table prepared_test");
  restarted(`cp /var/tmp/conf.kept ${conf}`);
});

const held = () => {
  const { code, said } = script("restore.sh", "dump", "latest", "agent_gateway", "public.prepared_test");
  expect({ code, said }).toMatchObject({ code: 0 });
  const file = /^\/srv\S+\.dump$/m.exec(said)?.[0] ?? "none";
  return onNode(
    "storage",
    `podman exec -i --user postgres postgres pg_restore --data-only -f - <${file}; rm ${file}`,
  );
};

it("what was written is restored while a prepared transaction is pending, and after it was committed", () => {
  expect(held()).not.toContain("\n9001\n");
  byHand("agent_gateway", "commit prepared 'forgotten'");
  expect(held()).toContain("\n9001\n");
});
