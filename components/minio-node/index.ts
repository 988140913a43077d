export { MinioNode, type MinioEndpoints, type MinioNodeArgs } from "./minio-node";
