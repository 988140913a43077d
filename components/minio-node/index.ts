export { MinioNode, type MinioEndpoints, type MinioNodeArgs } from "./minio-node";
export type { S3User } from "./s3";
