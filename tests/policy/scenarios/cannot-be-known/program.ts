import * as pulumi from "@pulumi/pulumi";

/** A resource of a package nobody has heard of: whatever it makes, and wherever. */
class Made extends pulumi.CustomResource {
  constructor(name: string) {
    super("nobody:index:Made", name, {});
  }
}

new Made("made");
