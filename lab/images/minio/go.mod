module homelab/lab/minio

go 1.26.0

require github.com/minio/minio v0.0.0-20260212201848-7aac2a2c5b7c // indirect

require aead.dev/mtls v0.2.1 // indirect

require cloud.google.com/go/storage v1.52.0 // indirect

require github.com/Azure/azure-sdk-for-go/sdk/azcore v1.18.0 // indirect

require github.com/Azure/azure-sdk-for-go/sdk/azidentity v1.9.0 // indirect

require github.com/Azure/azure-sdk-for-go/sdk/storage/azblob v1.6.1 // indirect

require github.com/IBM/sarama v1.45.1 // indirect

require github.com/alecthomas/participle v0.7.1 // indirect

require github.com/beevik/ntp v1.4.3 // indirect

require github.com/buger/jsonparser v1.1.1 // indirect

require github.com/cespare/xxhash/v2 v2.3.0 // indirect

require github.com/cheggaaa/pb v1.0.29 // indirect

require github.com/coreos/go-oidc/v3 v3.14.1 // indirect

require github.com/coreos/go-systemd/v22 v22.5.0 // indirect

require github.com/cosnicolaou/pbzip2 v1.0.5 // indirect

require github.com/dchest/siphash v1.2.3 // indirect

require github.com/dustin/go-humanize v1.0.1 // indirect

require github.com/eclipse/paho.mqtt.golang v1.5.0 // indirect

require github.com/elastic/go-elasticsearch/v7 v7.17.10 // indirect

require github.com/fatih/color v1.18.0 // indirect

require github.com/felixge/fgprof v0.9.5 // indirect

require github.com/fraugster/parquet-go v0.12.0 // indirect

require github.com/go-ldap/ldap/v3 v3.4.11 // indirect

require github.com/go-openapi/loads v0.22.0 // indirect

require github.com/go-sql-driver/mysql v1.9.2 // indirect

require github.com/gobwas/ws v1.4.0 // indirect

require github.com/golang-jwt/jwt/v4 v4.5.2 // indirect

require github.com/gomodule/redigo v1.9.2 // indirect

require github.com/google/uuid v1.6.0 // indirect

require github.com/inconshreveable/mousetrap v1.1.0 // indirect

require github.com/json-iterator/go v1.1.12 // indirect

require github.com/klauspost/compress v1.18.0 // indirect

require github.com/klauspost/cpuid/v2 v2.2.10 // indirect

require github.com/klauspost/filepathx v1.1.1 // indirect

require github.com/klauspost/pgzip v1.2.6 // indirect

require github.com/klauspost/readahead v1.4.0 // indirect

require github.com/klauspost/reedsolomon v1.12.4 // indirect

require github.com/lib/pq v1.10.9 // indirect

require github.com/lithammer/shortuuid/v4 v4.2.0 // indirect

require github.com/miekg/dns v1.1.65 // indirect

require github.com/minio/cli v1.24.2 // indirect

require github.com/minio/console v1.7.7-0.20250905210349-2017f33b26e1 // indirect

require github.com/minio/csvparser v1.0.0 // indirect

require github.com/minio/dnscache v0.1.1 // indirect

require github.com/minio/dperf v0.6.3 // indirect

require github.com/minio/highwayhash v1.0.3 // indirect

require github.com/minio/kms-go/kes v0.3.1 // indirect

require github.com/minio/kms-go/kms v0.5.1-0.20250225090116-4e64ce8d0f35 // indirect

require github.com/minio/madmin-go/v3 v3.0.109 // indirect

require github.com/minio/minio-go/v7 v7.0.91 // indirect

require github.com/minio/mux v1.9.2 // indirect

require github.com/minio/pkg/v3 v3.1.3 // indirect

require github.com/minio/selfupdate v0.6.0 // indirect

require github.com/minio/simdjson-go v0.4.5 // indirect

require github.com/minio/sio v0.4.1 // indirect

require github.com/minio/xxml v0.0.3 // indirect

require github.com/minio/zipindex v0.4.0 // indirect

require github.com/mitchellh/go-homedir v1.1.0 // indirect

require github.com/nats-io/nats.go v1.41.2 // indirect

require github.com/nats-io/stan.go v0.10.4 // indirect

require github.com/ncw/directio v1.0.5 // indirect

require github.com/nsqio/go-nsq v1.1.0 // indirect

require github.com/philhofer/fwd v1.2.0 // indirect

require github.com/pierrec/lz4/v4 v4.1.22 // indirect

require github.com/pkg/errors v0.9.1 // indirect

require github.com/pkg/sftp v1.13.9 // indirect

require github.com/pkg/xattr v0.4.10 // indirect

require github.com/prometheus/client_golang v1.22.0 // indirect

require github.com/prometheus/client_model v0.6.2 // indirect

require github.com/prometheus/common v0.63.0 // indirect

require github.com/prometheus/procfs v0.16.1 // indirect

require github.com/puzpuzpuz/xsync/v3 v3.5.1 // indirect

require github.com/rabbitmq/amqp091-go v1.10.0 // indirect

require github.com/rcrowley/go-metrics v0.0.0-20250401214520-65e299d6c5c9 // indirect

require github.com/rs/cors v1.11.1 // indirect

require github.com/secure-io/sio-go v0.3.1 // indirect

require github.com/shirou/gopsutil/v3 v3.24.5 // indirect

require github.com/tinylib/msgp v1.4.0 // indirect

require github.com/valyala/bytebufferpool v1.0.0 // indirect

require github.com/xdg/scram v1.0.5 // indirect

require github.com/zeebo/xxh3 v1.0.2 // indirect

require go.etcd.io/etcd/api/v3 v3.5.21 // indirect

require go.etcd.io/etcd/client/v3 v3.5.21 // indirect

require go.uber.org/atomic v1.11.0 // indirect

require go.uber.org/zap v1.27.0 // indirect

require goftp.io/server/v2 v2.0.1 // indirect

require golang.org/x/crypto v0.37.0 // indirect

require golang.org/x/oauth2 v0.29.0 // indirect

require golang.org/x/sync v0.13.0 // indirect

require golang.org/x/sys v0.32.0 // indirect

require golang.org/x/term v0.31.0 // indirect

require golang.org/x/time v0.11.0 // indirect

require google.golang.org/api v0.230.0 // indirect

require gopkg.in/yaml.v2 v2.4.0 // indirect

require gopkg.in/yaml.v3 v3.0.1 // indirect

require aead.dev/mem v0.2.0 // indirect

require aead.dev/minisign v0.3.0 // indirect

require cel.dev/expr v0.23.1 // indirect

require cloud.google.com/go v0.120.1 // indirect

require cloud.google.com/go/auth v0.16.0 // indirect

require cloud.google.com/go/auth/oauth2adapt v0.2.8 // indirect

require cloud.google.com/go/compute/metadata v0.6.0 // indirect

require cloud.google.com/go/iam v1.5.2 // indirect

require cloud.google.com/go/monitoring v1.24.2 // indirect

require filippo.io/edwards25519 v1.1.0 // indirect

require github.com/Azure/azure-sdk-for-go/sdk/internal v1.11.1 // indirect

require github.com/Azure/go-ntlmssp v0.0.0-20221128193559-754e69321358 // indirect

require github.com/AzureAD/microsoft-authentication-library-for-go v1.4.2 // indirect

require github.com/GoogleCloudPlatform/opentelemetry-operations-go/detectors/gcp v1.27.0 // indirect

require github.com/GoogleCloudPlatform/opentelemetry-operations-go/exporter/metric v0.51.0 // indirect

require github.com/GoogleCloudPlatform/opentelemetry-operations-go/internal/resourcemapping v0.51.0 // indirect

require github.com/VividCortex/ewma v1.2.0 // indirect

require github.com/acarl005/stripansi v0.0.0-20180116102854-5a71ef0e047d // indirect

require github.com/apache/thrift v0.21.0 // indirect

require github.com/asaskevich/govalidator v0.0.0-20230301143203-a9d515a09cc2 // indirect

require github.com/aymanbagabas/go-osc52/v2 v2.0.1 // indirect

require github.com/beorn7/perks v1.0.1 // indirect

require github.com/charmbracelet/bubbles v0.20.0 // indirect

require github.com/charmbracelet/bubbletea v1.3.4 // indirect

require github.com/charmbracelet/lipgloss v1.0.0 // indirect

require github.com/charmbracelet/x/ansi v0.8.0 // indirect

require github.com/charmbracelet/x/term v0.2.1 // indirect

require github.com/cncf/xds/go v0.0.0-20250326154945-ae57f3c0d45f // indirect

require github.com/coreos/go-semver v0.3.1 // indirect

require github.com/davecgh/go-spew v1.1.2-0.20180830191138-d8f796af33cc // indirect

require github.com/decred/dcrd/dcrec/secp256k1/v4 v4.4.0 // indirect

require github.com/docker/go-units v0.5.0 // indirect

require github.com/eapache/go-resiliency v1.7.0 // indirect

require github.com/eapache/go-xerial-snappy v0.0.0-20230731223053-c322873962e3 // indirect

require github.com/eapache/queue v1.1.0 // indirect

require github.com/envoyproxy/go-control-plane/envoy v1.32.4 // indirect

require github.com/envoyproxy/protoc-gen-validate v1.2.1 // indirect

require github.com/erikgeiser/coninput v0.0.0-20211004153227-1c3628e74d0f // indirect

require github.com/fatih/structs v1.1.0 // indirect

require github.com/felixge/httpsnoop v1.0.4 // indirect

require github.com/go-asn1-ber/asn1-ber v1.5.8-0.20250403174932-29230038a667 // indirect

require github.com/go-ini/ini v1.67.0 // indirect

require github.com/go-jose/go-jose/v4 v4.1.0 // indirect

require github.com/go-logr/logr v1.4.2 // indirect

require github.com/go-logr/stdr v1.2.2 // indirect

require github.com/go-ole/go-ole v1.3.0 // indirect

require github.com/go-openapi/analysis v0.23.0 // indirect

require github.com/go-openapi/errors v0.22.1 // indirect

require github.com/go-openapi/jsonpointer v0.21.1 // indirect

require github.com/go-openapi/jsonreference v0.21.0 // indirect

require github.com/go-openapi/runtime v0.28.0 // indirect

require github.com/go-openapi/spec v0.21.0 // indirect

require github.com/go-openapi/strfmt v0.23.0 // indirect

require github.com/go-openapi/swag v0.23.1 // indirect

require github.com/go-openapi/validate v0.24.0 // indirect

require github.com/gobwas/httphead v0.1.0 // indirect

require github.com/gobwas/pool v0.2.1 // indirect

require github.com/goccy/go-json v0.10.5 // indirect

require github.com/gogo/protobuf v1.3.2 // indirect

require github.com/golang-jwt/jwt/v5 v5.2.2 // indirect

require github.com/golang/protobuf v1.5.4 // indirect

require github.com/golang/snappy v1.0.0 // indirect

require github.com/google/pprof v0.0.0-20250422154841-e1f9c1950416 // indirect

require github.com/google/s2a-go v0.1.9 // indirect

require github.com/google/shlex v0.0.0-20191202100458-e7afc7fbc510 // indirect

require github.com/googleapis/enterprise-certificate-proxy v0.3.6 // indirect

require github.com/googleapis/gax-go/v2 v2.14.1 // indirect

require github.com/gorilla/websocket v1.5.3 // indirect

require github.com/hashicorp/errwrap v1.1.0 // indirect

require github.com/hashicorp/go-multierror v1.1.1 // indirect

require github.com/hashicorp/go-uuid v1.0.3 // indirect

require github.com/jcmturner/aescts/v2 v2.0.0 // indirect

require github.com/jcmturner/dnsutils/v2 v2.0.0 // indirect

require github.com/jcmturner/gofork v1.7.6 // indirect

require github.com/jcmturner/gokrb5/v8 v8.4.4 // indirect

require github.com/jcmturner/rpc/v2 v2.0.3 // indirect

require github.com/jedib0t/go-pretty/v6 v6.6.7 // indirect

require github.com/jessevdk/go-flags v1.6.1 // indirect

require github.com/josharian/intern v1.0.0 // indirect

require github.com/juju/ratelimit v1.0.2 // indirect

require github.com/kr/fs v0.1.0 // indirect

require github.com/kylelemons/godebug v1.1.0 // indirect

require github.com/lestrrat-go/blackmagic v1.0.2 // indirect

require github.com/lestrrat-go/httpcc v1.0.1 // indirect

require github.com/lestrrat-go/httprc v1.0.6 // indirect

require github.com/lestrrat-go/iter v1.0.2 // indirect

require github.com/lestrrat-go/jwx/v2 v2.1.4 // indirect

require github.com/lestrrat-go/option v1.0.1 // indirect

require github.com/lucasb-eyer/go-colorful v1.2.0 // indirect

require github.com/lufia/plan9stats v0.0.0-20250317134145-8bc96cf8fc35 // indirect

require github.com/mailru/easyjson v0.9.0 // indirect

require github.com/mattn/go-colorable v0.1.14 // indirect

require github.com/mattn/go-ieproxy v0.0.12 // indirect

require github.com/mattn/go-isatty v0.0.20 // indirect

require github.com/mattn/go-localereader v0.0.1 // indirect

require github.com/mattn/go-runewidth v0.0.16 // indirect

require github.com/matttproud/golang_protobuf_extensions v1.0.4 // indirect

require github.com/minio/colorjson v1.0.8 // indirect

require github.com/minio/crc64nvme v1.0.1 // indirect

require github.com/minio/filepath v1.0.0 // indirect

require github.com/minio/mc v0.0.0-20250313080218-cf909e1063a9 // indirect

require github.com/minio/md5-simd v1.1.2 // indirect

require github.com/minio/websocket v1.6.0 // indirect

require github.com/mitchellh/mapstructure v1.5.0 // indirect

require github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd // indirect

require github.com/modern-go/reflect2 v1.0.2 // indirect

require github.com/muesli/ansi v0.0.0-20230316100256-276c6243b2f6 // indirect

require github.com/muesli/cancelreader v0.2.2 // indirect

require github.com/muesli/reflow v0.3.0 // indirect

require github.com/muesli/termenv v0.16.0 // indirect

require github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect

require github.com/nats-io/nkeys v0.4.11 // indirect

require github.com/nats-io/nuid v1.0.1 // indirect

require github.com/oklog/ulid v1.3.1 // indirect

require github.com/olekukonko/tablewriter v0.0.5 // indirect

require github.com/pkg/browser v0.0.0-20240102092130-5ac0b6a4141c // indirect

require github.com/planetscale/vtprotobuf v0.6.1-0.20240319094008-0393e58bdf10 // indirect

require github.com/posener/complete v1.2.3 // indirect

require github.com/power-devops/perfstat v0.0.0-20240221224432-82ca36839d55 // indirect

require github.com/prometheus/prom2json v1.4.2 // indirect

require github.com/prometheus/prometheus v0.303.0 // indirect

require github.com/rivo/uniseg v0.4.7 // indirect

require github.com/rjeczalik/notify v0.9.3 // indirect

require github.com/rs/xid v1.6.0 // indirect

require github.com/safchain/ethtool v0.5.10 // indirect

require github.com/segmentio/asm v1.2.0 // indirect

require github.com/shoenig/go-m1cpu v0.1.6 // indirect

require github.com/spiffe/go-spiffe/v2 v2.5.0 // indirect

require github.com/tidwall/gjson v1.18.0 // indirect

require github.com/tidwall/match v1.1.1 // indirect

require github.com/tidwall/pretty v1.2.1 // indirect

require github.com/tklauser/go-sysconf v0.3.15 // indirect

require github.com/tklauser/numcpus v0.10.0 // indirect

require github.com/unrolled/secure v1.17.0 // indirect

require github.com/vbauerster/mpb/v8 v8.9.3 // indirect

require github.com/xdg/stringprep v1.0.3 // indirect

require github.com/yusufpapurcu/wmi v1.2.4 // indirect

require github.com/zeebo/errs v1.4.0 // indirect

require go.etcd.io/etcd/client/pkg/v3 v3.5.21 // indirect

require go.mongodb.org/mongo-driver v1.17.3 // indirect

require go.opentelemetry.io/auto/sdk v1.1.0 // indirect

require go.opentelemetry.io/contrib/detectors/gcp v1.35.0 // indirect

require go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc v0.60.0 // indirect

require go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp v0.60.0 // indirect

require go.opentelemetry.io/otel v1.35.0 // indirect

require go.opentelemetry.io/otel/metric v1.35.0 // indirect

require go.opentelemetry.io/otel/sdk v1.35.0 // indirect

require go.opentelemetry.io/otel/sdk/metric v1.35.0 // indirect

require go.opentelemetry.io/otel/trace v1.35.0 // indirect

require go.uber.org/multierr v1.11.0 // indirect

require golang.org/x/mod v0.24.0 // indirect

require golang.org/x/net v0.39.0 // indirect

require golang.org/x/text v0.24.0 // indirect

require golang.org/x/tools v0.32.0 // indirect

require google.golang.org/genproto v0.0.0-20250422160041-2d3770c4ea7f // indirect

require google.golang.org/genproto/googleapis/api v0.0.0-20250422160041-2d3770c4ea7f // indirect

require google.golang.org/genproto/googleapis/rpc v0.0.0-20250422160041-2d3770c4ea7f // indirect

require google.golang.org/grpc v1.72.0 // indirect

require (
	github.com/hashicorp/go-msgpack v1.1.5 // indirect
	github.com/hashicorp/raft v1.3.9 // indirect
	go.etcd.io/bbolt v1.3.6 // indirect
	google.golang.org/protobuf v1.36.6 // indirect
)

tool (
	github.com/minio/mc
	github.com/minio/minio
)
