import { homedir } from "node:os";
import { resolve } from "node:path";

/** Where a private key named in the configuration is: `~` is the home of whoever runs Pulumi, others are relative to the project. */
export function identityFile(identity: string): string {
  return resolve(identity.replace(/^~(?=\/)/, homedir()));
}
