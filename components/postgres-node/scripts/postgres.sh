#!/bin/sh
# The server, without the passwords that the image's entrypoint needed at the first start: who may read a process's
# environment need not know them.
unset POSTGRES_PASSWORD PGPASSWORD
exec /usr/lib/postgresql/18/bin/postgres "$@"
