/**
 * Our image: the base with JIT, pgvector and openssl from the Debian sources that it came with. What it has already is not
 * installed again, so a base that has all needs no network.
 * @param base a whole reference of an image with the layout of the official postgres:18 ones.
 */
export function containerfile(base: string): string {
  if (!/^[\w./:@-]+$/.test(base)) throw new Error(`${JSON.stringify(base)} is no image reference.`);
  return `FROM ${base}
RUN set -eu; \\
    missing=; \\
    for package in postgresql-18-jit postgresql-18-pgvector openssl; do \\
      [ "$(dpkg-query --show --showformat '\${db:Status-Status}' "$package" 2>/dev/null)" = installed ] \\
        || missing="$missing $package"; \\
    done; \\
    if [ -n "$missing" ]; then \\
      apt-get update; \\
      apt-get install -y --no-install-recommends $missing; \\
      rm -rf /var/lib/apt/lists/*; \\
    fi; \\
    test -e /usr/lib/postgresql/18/lib/llvmjit.so; \\
    test -e /usr/share/postgresql/18/extension/vector.control
`;
}
