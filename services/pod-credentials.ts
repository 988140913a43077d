import type { Program, Scratch } from "./pod";
import { databaseUrl, s3Keys, type Books, type SecretsOf } from "./storage-values";

/**
 * Passwords and keys of pods as files, so that none is in an environment, which every process that a program begins has too.
 *
 * PostgreSQL's clients take a file of passwords only where nobody but its owner may read it, and the kubelet gives files of
 * a Secret to a group. So a program that runs first copies them, with their mode, into a directory in memory.
 */

/** Where they are in a pod. */
const credentialsPath = "/run/homelab/credentials";
const secretPath = "/run/homelab/secret";

export const credentialsScratch: Scratch = {
  ...{ name: "credentials", at: credentialsPath },
  ...{ inMemory: true, sizeLimit: "1Mi" },
};

/** Variables that tell clients where they are. @see https://www.postgresql.org/docs/18/libpq-pgpass.html */
export const credentialsEnv = {
  PGPASSFILE: `${credentialsPath}/pgpass`,
  AWS_SHARED_CREDENTIALS_FILE: `${credentialsPath}/aws`,
};

/** Name of the Secret that has the files. */
export const credentialsName = (service: string) => `${service}-credentials`;

/** The command that puts them there; again and again, if need be. */
export const copyCredentials = [
  ...["install", "-m", "0400", "-t", credentialsPath],
  ...Object.values(credentialsEnv).map((path) => path.replace(credentialsPath, secretPath)),
];

export const credentialsVolume = { name: "secret", at: secretPath };

/** The program for `before` that puts them there. */
export const credentialsFirst = (service: string, image: string): Program => ({
  ...{ name: "credentials", image, command: copyCredentials },
  requests: { cpu: "10m", memory: "16Mi" },
  scratch: [credentialsScratch],
  secretFiles: { ...credentialsVolume, from: credentialsName(service) },
});

/** The files, from what storage hands out. @param key the service's, below `homelab:` */
export const credentials = (own: Books & { readonly user: string }, key: string): SecretsOf => ({
  pgpass: ({ storage }) => {
    const { hostname, port, pathname, username, password } = new URL(databaseUrl(storage, own, key));
    const field = (text: string) => decodeURIComponent(text).replaceAll(/[\\:]/g, String.raw`\$&`);
    // A URL has an IPv6 address in brackets, and a connection has none.
    const host = hostname.replaceAll(/[[\]]/g, "");
    return `${[host, port, pathname.slice(1), username, password].map(field).join(":")}\n`;
  },
  aws: ({ storage }) => {
    const { accessKey, secretKey } = s3Keys(storage, own.user, key);
    return `[default]\naws_access_key_id = ${accessKey}\naws_secret_access_key = ${secretKey}\n`;
  },
});
