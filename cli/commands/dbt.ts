import { HomelabCommand, wholeNumber } from "../program/command";
import { complain } from "./nodes";

interface ProfileOptions {
  readonly topology: string;
  readonly role: string;
  readonly database: string;
  readonly schema?: string;
  readonly name: string;
  readonly threads: number;
  readonly out?: string;
}

const profile = () =>
  new HomelabCommand("profile")
    .description(
      "Prints a profiles.yml for dbt-postgres: storage's server as the topology and Pulumi.storage.yaml have it, and a role of yours. It holds no password: dbt takes that from the environment, libpq from a password file. See docs/dbt.md.",
    )
    .requiredOption("--role <role>", "as whom dbt connects")
    .requiredOption("--database <database>", "where it works")
    .option("--schema <schema>", "where it creates (default: the one that the role owns there)")
    .option("--name <profile>", "as `profile:` in dbt_project.yml says", "homelab")
    .option("--threads <number>", "models that are built at once", wholeNumber(1, 64), 4)
    .option("--out <file>", "write it to a new file, in place of printing it")
    .stackFiles()
    .exits(1, "the role may not connect there, or owns no schema: nothing was written")
    .example(
      "homelab dbt profile --role dbt --database agent_gateway --out ~/.dbt/profiles.yml",
      "where dbt looks for it",
    )
    .runs(async ({ topology: file, out, ...choice }: ProfileOptions) => {
      const path = await import("node:path");
      const { writeFileSync } = await import("node:fs");
      const { loadTopology } = await import("../../topology");
      const { loadStackFile } = await import("../../settings");
      const { profileText } = await import("../dbt/profile");
      const topology = loadTopology(file);
      const text = profileText(choice, loadStackFile("storage", path.dirname(file), topology), topology);
      if (out === undefined) process.stdout.write(text);
      else {
        writeFileSync(out, text, { flag: "wx" });
        complain(`Written: ${out}.`);
      }
      return 0;
    });

export const dbt = () =>
  new HomelabCommand("dbt")
    .summary("a dbt profile for storage's PostgreSQL, without a password in it")
    .description("What dbt needs to work in storage's PostgreSQL. See docs/dbt.md.")
    .verbs(profile());
