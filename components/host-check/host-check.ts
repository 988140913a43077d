import * as pulumi from "@pulumi/pulumi";
import { Host } from "../../provider/sdk/remote";
import type { HostFacts } from "../../remote/host";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn } from "../placement";
import { requireFit } from "./facts";

export interface HostCheckArgs {
  /** The node that is examined before anything is set up on it. */
  node: Node;
  /** Path of the private key for SSH; `~/` is the home directory. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/**
 * Asks a host what it is and fails with one sentence for each thing that the program needs and it lacks. Asked when
 * it is first made, and again when the way to the host changes or it lost something.
 */
export class HostCheck extends pulumi.ComponentResource {
  readonly facts: pulumi.Output<HostFacts>;
  /**
   * For `dependsOn` of whatever needs a host as it should be. Depending on the component would wait for the answer
   * only, not for the verdict.
   */
  readonly passed: pulumi.Output<pulumi.Resource>;

  constructor(name: string, { node, sshIdentity }: HostCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:index:HostCheck", name, { placement: nothingKeptOn(node) }, opts);
    const asked = new Host(
      `${name}-facts`,
      { connection: connectionOf(node, sshIdentity) },
      childOptions(this, opts),
    );
    this.facts = asked.facts;
    this.passed = this.facts.apply((facts) => {
      for (const sentence of requireFit(node, facts)) void pulumi.log.warn(sentence, this);
      return asked;
    });
    this.registerOutputs({ facts: this.facts });
  }
}
