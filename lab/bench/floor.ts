import type { EndState, EndUnit } from "./shape";

/** A text as one shell word. */
const word = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
/** A name or a text in SQL. */
const name = (text: string) => `"${text.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

const heredoc = (text: string) => `<<'END-OF-TEXT'\n${text.endsWith("\n") ? text : `${text}\n`}END-OF-TEXT\n`;

/**
 * The plain shell script that does the work once, on a bare machine, and looks at nothing: the least that any tool
 * can take. Holds passwords, so it is fed to a shell's standard input and written nowhere on the machine.
 */
export function floorScript(end: EndState): string {
  return [
    "set -eu",
    ...end.units.flatMap(files),
    ...end.images.map(
      ({ reference, containerfile }) =>
        `podman build --quiet --pull=never --tag ${word(reference)} --file - /var/empty >/dev/null ${heredoc(containerfile)}`,
    ),
    ...end.secrets.map(
      (secret) =>
        `printf %s ${word(secret.value)} | podman secret create --label homelab=yes ${word(secret.name)} - >/dev/null`,
    ),
    "systemctl daemon-reload",
    ...end.units
      .filter(({ enable }) => enable)
      .map(({ service }) => `systemctl --quiet enable ${word(service)}`),
    `systemctl start ${end.units.map(({ service }) => word(service)).join(" ")}`,
    sql(end),
    minio(end),
  ].join("\n");
}

function files({ files, directories }: EndUnit): string[] {
  const all = [...files.restart, ...files.reload, ...files.nothing];
  const parents = [...new Set(all.map(({ path }) => path.slice(0, path.lastIndexOf("/"))))];
  return [
    `mkdir -p ${[...parents, "/var/empty"].map(word).join(" ")}`,
    ...directories.map(({ path, mode }) => `install -d -m ${mode} ${word(path)}`),
    ...all.flatMap(({ path, content, mode }) => [
      `cat >${word(path)} ${heredoc(content)}`,
      ...(mode === "0644" ? [] : [`chmod ${mode} ${word(path)}`]),
    ]),
  ];
}

function sql({ postgres }: EndState): string {
  const statements = [
    ...postgres.roles.map((role) => {
      const flags = [
        role.superuser ? " SUPERUSER" : "",
        role.createDatabase ? " CREATEDB" : "",
        role.createRole ? " CREATEROLE" : "",
      ];
      return `CREATE ROLE ${name(role.name)} LOGIN${flags.join("")} PASSWORD ${literal(role.password)};`;
    }),
    ...postgres.databases.flatMap((database) => [
      `CREATE DATABASE ${name(database.name)} OWNER ${name(database.owner)} TEMPLATE template0 ENCODING 'UTF8';`,
      `REVOKE ALL ON DATABASE ${name(database.name)} FROM PUBLIC;`,
      ...database.connect.map((role) => `GRANT CONNECT ON DATABASE ${name(database.name)} TO ${name(role)};`),
      ...(database.extensions.length === 0 ? [] : [`\\connect ${name(database.name)}`]),
      ...database.extensions.map((extension) => `CREATE EXTENSION ${name(extension)};`),
    ]),
  ];
  const psql = `psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --host 127.0.0.1 --port ${postgres.port} --username postgres`;
  return `PGPASSWORD=${word(postgres.password)} ${psql} ${heredoc(statements.join("\n"))}`;
}

function minio({ minio }: EndState): string {
  const script = [
    "set -eu",
    `export MC_HOST_store="http://$(cat /run/secrets/homelab-minio-root-user):$(cat /run/secrets/homelab-minio-root-password)@127.0.0.1:${minio.port}"`,
    ...minio.buckets.flatMap((bucket) => [
      `mc mb ${bucket.versioned ? "--with-lock " : ""}store/${bucket.name}`,
      ...(bucket.versioned ? [`mc version enable store/${bucket.name}`] : []),
    ]),
    ...minio.users.flatMap((user) => [
      `printf '%s\\n' ${word(user.name)} ${word(user.secret)} | mc admin user add store`,
      `printf %s ${word(user.document)} | mc admin policy create store ${word(user.policy)} /dev/stdin`,
      `mc admin policy attach store ${word(user.policy)} --user ${word(user.name)}`,
    ]),
  ];
  const ready = `until curl -sf -o /dev/null http://127.0.0.1:${minio.port}/minio/health/cluster; do sleep 0.1; done`;
  return `${ready}\npodman exec -i minio sh >/dev/null ${heredoc(script.join("\n"))}`;
}
