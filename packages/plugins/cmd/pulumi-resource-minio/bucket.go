package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/minio/madmin-go/v3"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/policy"
	"github.com/minio/minio-go/v7/pkg/s3utils"
	"github.com/minio/minio-go/v7/pkg/set"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"homelab/plugins/standin"
)

// acls are the ready-made access rules, by the official plugin's names for them.
var acls = map[string]policy.BucketPolicy{
	"private":           policy.BucketPolicyNone,
	"public-read":       policy.BucketPolicyReadOnly,
	"public-write":      policy.BucketPolicyWriteOnly,
	"public-read-write": policy.BucketPolicyReadWrite,
	"public":            policy.BucketPolicyReadWrite,
}

func (s *server) bucket() standin.Resource {
	return standin.Resource{
		Defaults: func(standin.Map) standin.Map {
			return standin.Map{
				"acl": standin.Text("private"), "forceDestroy": standin.Flag(false),
				"objectLocking": standin.Flag(false),
			}
		},
		Validate: validateBucket,
		Create:   s.createBucket,
		Read: func(ctx context.Context, call standin.Call) (standin.Map, bool, error) {
			found, err := s.s3.BucketExists(ctx, call.ID)
			return s.bucketOutputs(call.ID), found, err
		},
		Update: s.updateBucket,
		Delete: s.deleteBucket,
	}
}

func validateBucket(inputs standin.Map) []string {
	var mistakes []string
	name, named := standin.GetText(inputs, "bucket")
	if _, prefixed := standin.GetText(inputs, "bucketPrefix"); named && prefixed {
		mistakes = append(mistakes, "give bucket or bucketPrefix, not both")
	}
	if named {
		if err := s3utils.CheckValidBucketNameStrict(name); err != nil {
			mistakes = append(mistakes, fmt.Sprintf("bucket %q: %v", name, err))
		}
	}
	if acl, given := standin.GetText(inputs, "acl"); given {
		if _, known := acls[acl]; !known {
			mistakes = append(mistakes, fmt.Sprintf(
				"acl %q: it must be one of private, public, public-read, public-read-write, public-write", acl))
		}
	}
	if standin.GetInt(inputs, "quota", 0) < 0 {
		mistakes = append(mistakes, "quota must not be negative: it is a number of bytes")
	}
	return mistakes
}

func (s *server) bucketOutputs(name string) standin.Map {
	return standin.Map{
		"bucket":           standin.Text(name),
		"arn":              standin.Text("arn:aws:s3:::" + name),
		"bucketDomainName": standin.Text(fmt.Sprintf("%s/%s", s.s3.EndpointURL(), name)),
	}
}

func (s *server) createBucket(ctx context.Context, call standin.Call) (string, standin.Map, error) {
	name, given := standin.GetText(call.Inputs, "bucket")
	if !given {
		var err error
		prefix := standin.GetTextOr(call.Inputs, "bucketPrefix", "pulumi-")
		if name, err = sdk.NewUniqueHex(prefix, 26, 63); err != nil {
			return "", nil, err
		}
	}
	if err := s.s3.MakeBucket(ctx, name, minio.MakeBucketOptions{
		Region: s.region, ObjectLocking: standin.GetFlag(call.Inputs, "objectLocking", false),
	}); err != nil {
		return "", nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	if err := s.applyBucket(ctx, name, call); err != nil {
		// Nothing may stay that no state knows; the bucket is empty still.
		return "", nil, errors.Join(err, s.s3.RemoveBucket(ctx, name))
	}
	return name, s.bucketOutputs(name), nil
}

func (s *server) updateBucket(ctx context.Context, call standin.Call) (standin.Map, error) {
	if standin.GetFlag(call.Inputs, "objectLocking", false) != standin.GetFlag(call.OldInputs, "objectLocking", false) {
		return nil, fmt.Errorf("bucket %s: objectLocking is decided when a bucket is made: make a new one", call.ID)
	}
	return s.bucketOutputs(call.ID), s.applyBucket(ctx, call.ID, call)
}

// applyBucket sets what differs from the last state: a new bucket is private and has no quota.
func (s *server) applyBucket(ctx context.Context, name string, call standin.Call) error {
	acl := standin.GetTextOr(call.Inputs, "acl", "private")
	if acl != standin.GetTextOr(call.OldInputs, "acl", "private") {
		if err := s.setACL(ctx, name, acl); err != nil {
			return fmt.Errorf("bucket %s: acl: %w", name, err)
		}
	}
	quota := standin.GetInt(call.Inputs, "quota", 0)
	if quota != standin.GetInt(call.OldInputs, "quota", 0) {
		size := uint64(quota) //nolint:gosec // Checked to be no less than 0.
		if err := s.admin.SetBucketQuota(ctx, name, &madmin.BucketQuota{
			Quota: size, Size: size, Type: madmin.HardQuota,
		}); err != nil {
			return fmt.Errorf("bucket %s: quota: %w", name, err)
		}
	}
	return nil
}

func (s *server) setACL(ctx context.Context, name, acl string) error {
	statements := policy.SetPolicy(nil, acls[acl], name, "")
	if len(statements) == 0 {
		return s.s3.SetBucketPolicy(ctx, name, "")
	}
	if acl == "public" { // Beyond reading and writing: everything.
		for i := range statements {
			statements[i].Actions = set.CreateStringSet("s3:*")
		}
	}
	document, err := json.Marshal(policy.BucketAccessPolicy{Version: "2012-10-17", Statements: statements})
	if err != nil {
		return err
	}
	return s.s3.SetBucketPolicy(ctx, name, string(document))
}

// deleteBucket refuses a bucket with anything in it, old versions too, unless forceDestroy says so.
func (s *server) deleteBucket(ctx context.Context, call standin.Call) error {
	force := standin.GetFlag(call.Inputs, "forceDestroy", standin.GetFlag(call.Outputs, "forceDestroy", false))
	if force {
		if err := s.empty(ctx, call.ID); err != nil {
			return fmt.Errorf("bucket %s: %w", call.ID, err)
		}
	}
	err := s.s3.RemoveBucket(ctx, call.ID)
	switch {
	case err == nil || code(err) == noSuchBucket:
		return nil
	case code(err) == bucketNotEmpty:
		return fmt.Errorf("bucket %s is not empty: set forceDestroy to delete it with all objects, or empty it first",
			call.ID)
	default:
		return fmt.Errorf("bucket %s: %w", call.ID, err)
	}
}

func (s *server) empty(ctx context.Context, name string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	objects, failed := make(chan minio.ObjectInfo), make(chan error, 1)
	go func() {
		defer close(objects)
		for object := range s.s3.ListObjects(ctx, name, minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
			if object.Err != nil {
				if code(object.Err) != noSuchBucket {
					failed <- object.Err
				}
				return
			}
			objects <- object
		}
	}()
	for problem := range s.s3.RemoveObjects(ctx, name, objects, minio.RemoveObjectsOptions{}) {
		return fmt.Errorf("object %s: %w", problem.ObjectName, problem.Err)
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (s *server) versioning() standin.Resource {
	apply := func(ctx context.Context, inputs standin.Map) error {
		name, wanted := standin.GetTextOr(inputs, "bucket", ""), standin.GetMap(inputs, "versioningConfiguration")
		config := minio.BucketVersioningConfiguration{
			Status:         standin.GetTextOr(wanted, "status", ""),
			ExcludeFolders: standin.GetFlag(wanted, "excludeFolders", false),
		}
		for _, prefix := range standin.GetTexts(wanted, "excludedPrefixes") {
			config.ExcludedPrefixes = append(config.ExcludedPrefixes, minio.ExcludedPrefix{Prefix: prefix})
		}
		if err := s.s3.SetBucketVersioning(ctx, name, config); err != nil {
			return fmt.Errorf("versioning of bucket %s: %w", name, err)
		}
		return nil
	}
	return standin.Resource{
		Validate: func(inputs standin.Map) []string {
			wanted := standin.GetMap(inputs, "versioningConfiguration")
			if status, given := standin.GetText(wanted, "status"); given &&
				!slices.Contains([]string{minio.Enabled, minio.Suspended}, status) {
				return []string{fmt.Sprintf("versioningConfiguration.status must be Enabled or Suspended, not %q", status)}
			}
			return nil
		},
		Create: func(ctx context.Context, call standin.Call) (string, standin.Map, error) {
			return standin.GetTextOr(call.Inputs, "bucket", ""), nil, apply(ctx, call.Inputs)
		},
		Update: func(ctx context.Context, call standin.Call) (standin.Map, error) {
			return nil, apply(ctx, call.Inputs)
		},
		Read: s.readVersioning,
		Delete: func(ctx context.Context, call standin.Call) error {
			err := s.s3.SuspendVersioning(ctx, call.ID)
			// A bucket with object locking keeps its versions; its own deletion decides about them.
			if err != nil && !slices.Contains([]string{noSuchBucket, "InvalidBucketState"}, code(err)) {
				return fmt.Errorf("versioning of bucket %s: %w", call.ID, err)
			}
			return nil
		},
	}
}

func (s *server) readVersioning(ctx context.Context, call standin.Call) (standin.Map, bool, error) {
	config, err := s.s3.GetBucketVersioning(ctx, call.ID)
	if err != nil {
		if code(err) == noSuchBucket {
			return nil, false, nil
		}
		return nil, false, fmt.Errorf("versioning of bucket %s: %w", call.ID, err)
	}
	prefixes := make([]string, 0, len(config.ExcludedPrefixes))
	for _, excluded := range config.ExcludedPrefixes {
		prefixes = append(prefixes, strings.TrimSpace(excluded.Prefix))
	}
	status := config.Status
	if status == "" { // Never turned on.
		status = minio.Suspended
	}
	return standin.Map{
		"bucket": standin.Text(call.ID),
		"versioningConfiguration": sdk.NewObjectProperty(standin.Map{
			"status":           standin.Text(status),
			"excludedPrefixes": standin.Texts(prefixes),
			"excludeFolders":   standin.Flag(config.ExcludeFolders),
		}),
	}, true, nil
}
