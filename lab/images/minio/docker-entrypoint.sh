#!/bin/sh
# docker-entrypoint.sh: as in the official minio image, "server /data" means "minio server /data". The server reads
# MINIO_ROOT_USER_FILE and MINIO_ROOT_PASSWORD_FILE itself (a bare name is looked for in /run/secrets).
set -eu
[ "${1:-}" = minio ] || [ -z "${1:-}" ] || set -- minio "$@"
exec "$@"
