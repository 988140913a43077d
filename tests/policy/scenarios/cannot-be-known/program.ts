import * as pulumi from "@pulumi/pulumi";

const provider: pulumi.dynamic.ResourceProvider = {
  create: () => Promise.resolve({ id: "made" }),
};

/** Whatever its code does, nobody can see it before it is run. */
class Made extends pulumi.dynamic.Resource {
  constructor(name: string) {
    super(provider, name, {});
  }
}

new Made("made");
