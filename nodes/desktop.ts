import type * as pulumi from "@pulumi/pulumi";
import { HostCheck } from "../components/host-check";
import { addresses, storageEndpoints } from "./endpoints";
import type { House } from "./house";

/** desktop: the main machine. Reads where storage's services are; what runs here comes with its own components. */
export function desktop({ node, settings }: House<"desktop">): pulumi.Inputs {
  const host = new HostCheck("host", { node, identity: settings.sshIdentity });
  return { host: host.facts, reads: addresses(storageEndpoints("desktop")) };
}
