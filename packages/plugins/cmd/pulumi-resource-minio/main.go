// Command pulumi-resource-minio stands in for the official MinIO plugin: buckets, users, policies.
package main

import "homelab/plugins/standin"

func main() {
	server := &server{}
	standin.Serve("minio", map[string]standin.Resource{
		"minio:index/s3Bucket:S3Bucket":                               server.bucket(),
		"minio:index/s3BucketVersioning:S3BucketVersioning":           server.versioning(),
		"minio:index/iamUser:IamUser":                                 server.user(),
		"minio:index/iamPolicy:IamPolicy":                             server.policy(),
		"minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment": server.attachment(),
	}, server.configure)
}
