# shellcheck shell=bash
# Put before a program that runs on storage: `store_client ARGS…` runs a shell program (standard input) that has MinIO's client,
# as the root user of whichever engine serves S3, as the backup knows it: `mc ls root`.
store_setting() { sed -n "s/^$1=//p" /etc/homelab/backup/config; }
store_client() {
  local secrets
  secrets=$(store_setting MINIO_SECRETS)
  # shellcheck disable=SC2016 # for the container's shell
  { printf 'export MC_CONFIG_DIR=/tmp/mc MC_HOST_root="http://$(cat /run/secrets/user):$(cat /run/secrets/password)@127.0.0.1:%s"\n' "$(store_setting MINIO_PORT)" && cat; } |
    podman run --rm --interactive --pull never --log-driver none --network host --entrypoint sh \
      --secret "$secrets-user,mode=0400,target=user" --secret "$secrets-password,mode=0400,target=password" "$(store_setting MINIO_IMAGE)" -s "$@"
}
