import type * as pulumi from "@pulumi/pulumi";
import { HostCheck } from "../components/host-check";
import { joinCluster } from "./cluster";
import { addresses, storageEndpoints } from "./endpoints";
import type { House } from "./house";

/**
 * compute: on demand. It may be powered off or rebuilt at any time, so nothing here keeps data: what it works on is
 * in storage's PostgreSQL and MinIO.
 */
export function compute(house: House<"compute">): pulumi.Inputs {
  const { node, settings } = house;
  const host = new HostCheck("host", { node, identity: settings.sshIdentity });
  const endpoints = storageEndpoints("compute");
  joinCluster(house, endpoints, { dependsOn: host.passed });
  return { host: host.facts, reads: addresses(endpoints) };
}
