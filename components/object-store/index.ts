export { bucketPolicy, type Access, type Consumer } from "./policy";
export { rootSecretPrefix, userSecretName, type ObjectStoreEndpoints, type S3User } from "./endpoints";
export { rootSecrets, rootUser } from "./root";
