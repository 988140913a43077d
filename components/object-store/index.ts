export { bucketPolicy, type Access, type Consumer } from "./policy";
export { userSecretName, type ObjectStoreEndpoints, type S3User } from "./endpoints";
