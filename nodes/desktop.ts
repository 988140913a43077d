import type * as pulumi from "@pulumi/pulumi";
import { HostCheck } from "../components/host-check";
import { joinCluster } from "./cluster";
import { addresses, storageEndpoints } from "./endpoints";
import type { House } from "./house";
import { letSleep } from "./power";

/** desktop: the main machine. Reads where storage's services are; what runs here comes with its own components. */
export function desktop(house: House<"desktop">): pulumi.Inputs {
  const { node, settings } = house;
  const host = new HostCheck("host", { node, identity: settings.sshIdentity });
  const endpoints = storageEndpoints("desktop");
  joinCluster(house, endpoints, { dependsOn: host.passed });
  letSleep(house, { dependsOn: host.passed });
  return { host: host.facts, reads: addresses(endpoints) };
}
