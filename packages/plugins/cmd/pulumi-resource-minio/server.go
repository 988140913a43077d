package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/minio/madmin-go/v3"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"homelab/plugins/standin"
)

// server holds the two clients of one MinIO server, once the provider's settings are known.
type server struct {
	s3     *minio.Client
	admin  *madmin.AdminClient
	region string
}

// Settings that are not given are taken from the environment, under the official plugin's names.
var fromEnvironment = map[string]string{
	"minioServer":       "MINIO_ENDPOINT",
	"minioUser":         "MINIO_USER",
	"minioPassword":     "MINIO_PASSWORD",
	"minioAccessKey":    "MINIO_ACCESS_KEY",
	"minioSecretKey":    "MINIO_SECRET_KEY",
	"minioSessionToken": "MINIO_SESSION_TOKEN",
	"minioSsl":          "MINIO_ENABLE_HTTPS",
	"minioInsecure":     "MINIO_INSECURE",
	"minioCacertFile":   "MINIO_CACERT_FILE",
	"minioCertFile":     "MINIO_CERT_FILE",
	"minioKeyFile":      "MINIO_KEY_FILE",
}

func setting(config standin.Map, name string) string {
	return standin.GetTextOr(config, name, os.Getenv(fromEnvironment[name]))
}

func enabled(config standin.Map, name string) bool {
	return standin.GetFlag(config, name, os.Getenv(fromEnvironment[name]) == "true")
}

func (s *server) configure(config standin.Map) error {
	endpoint := setting(config, "minioServer")
	if endpoint == "" {
		return errors.New("minio:minioServer is missing: it is the server's HOST:PORT")
	}
	user, password := setting(config, "minioUser"), setting(config, "minioPassword")
	if user == "" { // Their old names.
		user, password = setting(config, "minioAccessKey"), setting(config, "minioSecretKey")
	}
	version := standin.GetTextOr(config, "minioApiVersion", "v4")
	creds, ok := map[string]*credentials.Credentials{
		"v2": credentials.NewStaticV2(user, password, setting(config, "minioSessionToken")),
		"v4": credentials.NewStaticV4(user, password, setting(config, "minioSessionToken")),
	}[version]
	if !ok {
		return fmt.Errorf("minio:minioApiVersion must be v2 or v4, not %q", version)
	}
	secure := enabled(config, "minioSsl")
	transport, err := transport(config, secure)
	if err != nil {
		return err
	}
	s.region = standin.GetTextOr(config, "minioRegion", "us-east-1")
	if s.s3, err = minio.New(endpoint, &minio.Options{
		Creds: creds, Secure: secure, Region: s.region, Transport: transport,
	}); err != nil {
		return fmt.Errorf("minio:minioServer %q: %w", endpoint, err)
	}
	s.admin, err = madmin.NewWithOptions(endpoint, &madmin.Options{
		Creds:  credentials.NewStaticV4(user, password, setting(config, "minioSessionToken")),
		Secure: secure, Transport: transport,
	})
	return err
}

// transport trusts the given authority beside the system's own, and shows the client's certificate.
func transport(config standin.Map, secure bool) (*http.Transport, error) {
	chosen, err := minio.DefaultTransport(secure)
	if err != nil || !secure {
		return chosen, err
	}
	chosen.TLSClientConfig = &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: enabled(config, "minioInsecure"), //nolint:gosec // Asked for by the program.
	}
	if path := setting(config, "minioCacertFile"); path != "" {
		authority, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("minio:minioCacertFile: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, err
		}
		if !pool.AppendCertsFromPEM(authority) {
			return nil, fmt.Errorf("minio:minioCacertFile: no certificate in %s", path)
		}
		chosen.TLSClientConfig.RootCAs = pool
	}
	if cert, key := setting(config, "minioCertFile"), setting(config, "minioKeyFile"); cert != "" && key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("minio:minioCertFile and minio:minioKeyFile: %w", err)
		}
		chosen.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	return chosen, nil
}

// Names for errors of the S3 interface.
const (
	noSuchBucket   = "NoSuchBucket"
	bucketNotEmpty = "BucketNotEmpty"
)

// code is the server's short name for an error, from either of its two interfaces.
func code(err error) string {
	var admin madmin.ErrorResponse
	if errors.As(err, &admin) {
		return admin.Code
	}
	return minio.ToErrorResponse(err).Code
}
