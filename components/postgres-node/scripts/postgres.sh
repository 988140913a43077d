#!/bin/sh
# The server in the place of the image's: with TLS, and without the passwords that the image's entrypoint needed at the
# first start, which who may read a process's environment need not know.
set -eu
unset POSTGRES_PASSWORD PGPASSWORD
certificate=${PGDATA:-}/homelab-tls.crt
key=${PGDATA:-}/homelab-tls.key

usable() { # The two belong together. A power cut may have left them empty or torn.
  [ -s "$certificate" ] && [ -s "$key" ] &&
    of=$(openssl x509 -in "$certificate" -noout -pubkey 2>/dev/null) &&
    [ "$of" = "$(openssl pkey -in "$key" -pubout 2>/dev/null)" ]
}
make() { # For no name and without an end: what tells a client that this is the server is channel binding.
  said=$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 36500 \
    -subj /CN=postgres -keyout "$key.part" -out "$certificate.part" 2>&1) &&
    chmod 600 "$key.part" && sync "$key.part" "$certificate.part" &&
    mv "$key.part" "$key" && mv "$certificate.part" "$certificate"
}

# Who declares something of TLS in homelab:postgres.settings declares all of it.
if ! grep -qs '^ssl' /etc/postgresql/postgresql.conf /etc/postgresql/reload.conf; then
  if usable || { make && usable; }; then
    set -- "$@" -c ssl=on -c "ssl_cert_file=$certificate" -c "ssl_key_file=$key"
  else
    printf 'No certificate could be made, so connections are not encrypted: %s\n' "${said:-}" >&2
  fi
fi
exec /usr/lib/postgresql/18/bin/postgres "$@"
