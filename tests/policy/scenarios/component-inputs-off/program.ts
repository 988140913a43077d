import * as pulumi from "@pulumi/pulumi";

/** A component as those in components/: it says of itself what it keeps. */
class Cache extends pulumi.ComponentResource {
  constructor(name: string) {
    super("homelab:index:Cache", name, {
      placement: { node: "compute", keeps: "none" },
    });
  }
}

new Cache("cache");
