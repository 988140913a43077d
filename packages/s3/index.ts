export { refusal, s3Request, type S3Access, type S3Answer, type S3Request } from "./request";
