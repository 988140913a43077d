import type * as pulumi from "@pulumi/pulumi";
import { HostCheck } from "../components/host-check";
import { addresses, storageEndpoints } from "./endpoints";
import type { House } from "./house";

/**
 * compute: on demand. It may be powered off or rebuilt at any time, so nothing here keeps data: what it works on is
 * in storage's PostgreSQL and MinIO.
 */
export function compute({ node, settings }: House<"compute">): pulumi.Inputs {
  const host = new HostCheck("host", { node, identity: settings.sshIdentity });
  return { host: host.facts, reads: addresses(storageEndpoints("compute")) };
}
