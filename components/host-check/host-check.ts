import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { identityFile } from "../../remote/identity";
import type { Node } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn } from "../placement";
import { parseFacts, requireFit, type HostFacts } from "./facts";

export interface HostCheckArgs {
  node: Node;
  /** Path of the private key for SSH; `~/` is the home directory. @default the SSH agent is asked */
  identity: string | undefined;
}

/**
 * Asks a host what it is and fails with one sentence for each thing that the program needs and it lacks. Asked when
 * it is first made and again when the way to the host, or the question, changes.
 */
export class HostCheck extends pulumi.ComponentResource {
  readonly facts: pulumi.Output<HostFacts>;
  /**
   * For `dependsOn` of whatever needs a host as it should be. Depending on the component would wait for the answer
   * only, not for the verdict.
   */
  readonly passed: pulumi.Output<pulumi.Resource>;

  constructor(name: string, { node, identity }: HostCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:index:HostCheck", name, { placement: nothingKeptOn(node) }, opts);
    const asked = new command.remote.Command(
      `${name}-facts`,
      {
        connection: wayTo(node, identity),
        // A hung command is never cancelled from outside.
        create: "timeout 30 sh -s",
        stdin: readFileSync(join(__dirname, "facts.sh"), "utf8"),
        logging: "none",
        // Would need AcceptEnv in the host's sshd.
        addPreviousOutputInEnv: false,
      },
      childOptions(this, opts),
    );
    // The connection is secret, so everything that comes of it would be; these facts are not.
    this.facts = pulumi.unsecret(asked.stdout).apply((stdout) => parseFacts(node.name, stdout));
    this.passed = this.facts.apply((facts) => {
      for (const sentence of requireFit(node, facts)) void pulumi.log.warn(sentence, this);
      return asked;
    });
    this.registerOutputs({ facts: this.facts });
  }
}

/** Written out: an object made by spreading has shown its private key in error messages. */
function wayTo(node: Node, identity: string | undefined): command.types.input.remote.ConnectionArgs {
  const connection: command.types.input.remote.ConnectionArgs = {
    host: node.address,
    port: node.ssh.port,
    user: node.ssh.user,
    hostKey: node.hostKey,
    perDialTimeout: 5,
    dialErrorLimit: 1,
  };
  if (identity !== undefined) {
    connection.privateKey = pulumi.secret(readFileSync(identityFile(identity), "utf8"));
  }
  return connection;
}
