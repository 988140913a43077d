import { isIPv6 } from "node:net";
import * as pulumi from "@pulumi/pulumi";

export interface DsnArgs {
  host: string;
  port: number;
  role: string;
  database: string;
  password: pulumi.Input<string>;
}

/**
 * A connection string as libpq reads it, `postgresql://role:password@host:port/database`; a secret.
 * @see https://www.postgresql.org/docs/18/libpq-connect.html
 */
export function dsn({ host, port, role, database, password }: DsnArgs): pulumi.Output<string> {
  const at = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const of = encodeURIComponent;
  return pulumi.secret(
    pulumi.interpolate`postgresql://${of(role)}:${pulumi.output(password).apply(of)}@${at}/${of(database)}`,
  );
}
