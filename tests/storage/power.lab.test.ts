import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { lab, onNode } from "../support/lab";
import { byHand, dsnOf, incarnation, mc, psql, servicesBack } from "../support/services";
import { handedOut, nothingToChange } from "../support/stack";
import { writer } from "../support/writer";

let storage: StorageOutputs;

const seconds = (n: number) => new Promise((resolve) => setTimeout(resolve, 1000 * n));

describe("a power cut on storage, while desktop writes", () => {
  const wrote = { rows: [] as number[], objects: [] as number[] };

  beforeAll(async () => {
    storage = handedOut();
    const dsn = new URL(dsnOf(storage, "agent", "agent_gateway"));
    psql(
      "desktop",
      dsn.href,
      "DROP TABLE IF EXISTS lab_written; CREATE TABLE lab_written (n int PRIMARY KEY)",
    );
    const insert = 'echo "INSERT INTO lab_written VALUES ($i) RETURNING n;"';
    const rows = writer(
      `IFS= read -r PGPASSWORD; export PGPASSWORD; for ((i = 1; ; i++)); do ${insert}; sleep 0.01; done |
       psql -XqAt -h ${dsn.hostname} -U agent -d agent_gateway`,
      `${dsn.password}\n`,
    );
    const put = `curl -sf -m 5 -K - -X PUT --data-raw "$i" --aws-sigv4 aws:amz:us-east-1:s3 ${storage.S3_ENDPOINT}/mlflow/lab-written/$i`;
    const objects = writer(
      `IFS= read -r user; for ((i = 1; ; i++)); do ${put} <<<"$user" && echo $i || exit; done`,
      `user = "mlflow:${storage.s3.mlflow?.secretKey ?? ""}"\n`,
    );
    await seconds(4);
    lab("node", "kill", "storage");
    await seconds(0.5);
    wrote.rows = rows.acknowledged();
    wrote.objects = objects.acknowledged();
    await Promise.all([rows.end(), objects.end()]);
    lab("node", "start", "storage");
    servicesBack();
  });
  afterAll(() => {
    byHand("agent_gateway", "DROP TABLE IF EXISTS lab_written");
    mc("rm --recursive --force --versions root/mlflow/lab-written");
  });

  it("came in the middle of the work", () => {
    expect(wrote.rows.length).toBeGreaterThan(50);
    expect(wrote.objects.length).toBeGreaterThan(10);
  });

  it("is over for both: they are back by themselves, and enabled for the next one", () => {
    for (const service of ["postgres", "minio", "homelab-firewall"] as const)
      expect(Number(incarnation(service).split("\n")[0])).toBeGreaterThan(0);
    expect(onNode("storage", "systemctl is-active postgres minio homelab-firewall").trim()).toBe(
      "active\nactive\nactive",
    );
  });

  it("has cost no row that was acknowledged", () => {
    const last = Math.max(...wrote.rows);
    const missing = `SELECT count(*) FROM generate_series(1, ${last}) AS wanted (n) WHERE NOT EXISTS (SELECT FROM lab_written WHERE n = wanted.n)`;
    expect(psql("desktop", dsnOf(storage, "agent", "agent_gateway"), missing)).toBe("0");
  });

  it("has cost no object that was acknowledged", () => {
    const names = wrote.objects.map((n) => `root/mlflow/lab-written/${n}`);
    expect(mc(`cat ${names.join(" ")}`)).toBe(wrote.objects.join(""));
  });

  it("leaves the ports closed to strangers", () => {
    expect(() =>
      lab("in", "timeout", "5", "bash", "-c", `exec 3<>/dev/tcp/${storage.POSTGRES_HOST}/5432`),
    ).toThrow(/refused/);
  });

  it("leaves nothing for an up to do", () => {
    expect(nothingToChange().text).toMatch(/\d+ unchanged/);
  });
});
