export {
  refusal,
  s3Request,
  s3Whole,
  type S3Access,
  type S3Answer,
  type S3Request,
  type S3Whole,
} from "./request";
