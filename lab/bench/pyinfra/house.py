"""Facts and operations for what pyinfra has none of its own: podman's secrets and images, mc in a container."""

import json

from pyinfra import host
from pyinfra.api import FactBase, HiddenValue, QuoteString, StringCommand, operation
from pyinfra.facts.postgres import make_psql_command


class PodmanSecrets(FactBase):
    """Values of the secrets by name."""

    default = dict

    def command(self):
        form = "'{{.Spec.Name}} {{.SecretData}}'"
        return f"podman secret ls --quiet | xargs -r podman secret inspect --showsecret --format {form}"

    def process(self, output):
        return dict(line.split(" ", 1) for line in output if " " in line)


class PodmanImages(FactBase):
    default = list

    def command(self):
        return "podman images --format '{{.Repository}}:{{.Tag}}'"

    def process(self, output):
        return list(output)


class Psql(FactBase):
    """Lines that a query gives; none while the server is not there."""

    default = list

    def command(self, query, database, port, password):
        connection = dict(user="postgres", password=password, host="127.0.0.1", port=port)
        psql = make_psql_command(database=database, **connection)
        return StringCommand(psql, "-XAtc", QuoteString(query), "2>/dev/null || true")

    def process(self, output):
        return list(output)


def mc(*arguments, port):
    store = (
        "export MC_HOST_store=http://$(cat /run/secrets/homelab-minio-root-user):"
        f'$(cat /run/secrets/homelab-minio-root-password)@127.0.0.1:{port} && exec mc "$@"'
    )
    return StringCommand("podman exec -i minio sh -c", QuoteString(store), "mc", *map(QuoteString, arguments))


class Mc(FactBase):
    """What mc says, an object a line; nothing while the server is not there."""

    default = list

    def command(self, arguments, port):
        return StringCommand(mc(*arguments, port=port), "2>/dev/null || true")

    def process(self, output):
        return [json.loads(line) for line in output if line.startswith("{")]


@operation()
def secret(secret, value):
    if host.get_fact(PodmanSecrets).get(secret) == value:
        host.noop(f"secret {secret} is there")
        return
    yield StringCommand("printf %s", QuoteString(HiddenValue(value)), "|", f"podman secret create --replace {secret} -")


@operation()
def image(reference, containerfile):
    if reference in host.get_fact(PodmanImages):
        host.noop(f"image {reference} is there")
        return
    text = QuoteString(containerfile)
    yield StringCommand("printf %s", text, "|", f"podman build --quiet --pull=never --tag {reference} --file - /var/empty")


def psql(server, statement, database="postgres"):
    connection = dict(user="postgres", password=server["password"], host="127.0.0.1", port=server["port"])
    return StringCommand(make_psql_command(database=database, **connection), "-XAtqc", QuoteString(statement))


def look(server, query, database="postgres"):
    return host.get_fact(Psql, query=query, database=database, port=server["port"], password=server["password"])


def literal(text):
    return "'" + text.replace("'", "''") + "'"


@operation()
def role(server, role, password, superuser, createDatabase, createRole):  # noqa: N803 (names of the variables)
    there = {
        line.split("|")[0]: line.split("|")[1:]
        for line in look(server, "select rolname, rolsuper, rolcreatedb, rolcreaterole from pg_roles")
    }
    wanted = ["t" if flag else "f" for flag in (superuser, createDatabase, createRole)]
    if there.get(role) == wanted:
        host.noop(f"role {role} is there")
        return
    flags = " ".join(
        ("" if flag else "NO") + word
        for flag, word in ((superuser, "SUPERUSER"), (createDatabase, "CREATEDB"), (createRole, "CREATEROLE"))
    )
    if role in there:
        yield psql(server, f'ALTER ROLE "{role}" {flags}')
    else:
        statement = f'CREATE ROLE "{role}" LOGIN {flags} PASSWORD {literal(password)}'
        yield psql(server, HiddenValue(statement))


@operation()
def database(server, database, owner, connect, extensions):
    query = (
        "select datname, pg_get_userbyid(datdba), has_database_privilege('public', oid, 'CONNECT'),"
        " (select string_agg(grantee::regrole::text, ' ') from aclexplode(datacl) where privilege_type = 'CONNECT'"
        "  and grantee <> 0) from pg_database"
    )
    there = {line.split("|")[0]: line.split("|")[1:] for line in look(server, query)}
    changes = []
    if database not in there:
        changes.append(f'CREATE DATABASE "{database}" OWNER "{owner}" TEMPLATE template0 ENCODING \'UTF8\'')
    elif there[database][0] != owner:
        changes.append(f'ALTER DATABASE "{database}" OWNER TO "{owner}"')
    if database not in there or there[database][1] == "t":
        changes.append(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    connects = there[database][2].split() if database in there else []
    changes += [f'GRANT CONNECT ON DATABASE "{database}" TO "{each}"' for each in connect if each not in connects]
    for change in changes:
        yield psql(server, change)
    installed = look(server, "select extname from pg_extension", database) if extensions else []
    missing = [each for each in extensions if each not in installed]
    for each in missing:
        yield psql(server, f'CREATE EXTENSION "{each}"', database)
    if not changes and not missing:
        host.noop(f"database {database} is there")


@operation()
def bucket(port, bucket, versioned):
    there = {each.get("key") for each in host.get_fact(Mc, arguments=["ls", "--json", "store"], port=port)}
    made = f"{bucket}/" not in there
    if made:
        yield mc("mb", *(["--with-lock"] if versioned else []), f"store/{bucket}", port=port)
    if versioned:
        said = [] if made else host.get_fact(Mc, arguments=["version", "info", "--json", f"store/{bucket}"], port=port)
        if not any(each.get("versioning", {}).get("status") == "Enabled" for each in said):
            yield mc("version", "enable", f"store/{bucket}", port=port)
            made = True
    if not made:
        host.noop(f"bucket {bucket} is there")


def unordered(policy):
    """A policy without the order of its lists, which the server does not keep."""
    if isinstance(policy, dict):
        return {key: unordered(value) for key, value in policy.items()}
    if isinstance(policy, list):
        return sorted((unordered(each) for each in policy), key=json.dumps)
    return policy


@operation()
def user(port, user, secret, policy, document):
    changed = False
    said = host.get_fact(Mc, arguments=["admin", "policy", "info", "--json", "store", policy], port=port)
    found = [each.get("policyInfo", {}).get("Policy") for each in said]
    if unordered(found) != unordered([json.loads(document)]):
        yield StringCommand(
            "printf %s", QuoteString(document), "|", mc("admin", "policy", "create", "store", policy, "/dev/stdin", port=port)
        )
        changed = True
    said = host.get_fact(Mc, arguments=["admin", "user", "info", "--json", "store", user], port=port)
    known = [each for each in said if each.get("status") == "success"]
    if not known:
        lines = QuoteString(HiddenValue(f"{user}\n{secret}\n"))
        yield StringCommand("printf %s", lines, "|", mc("admin", "user", "add", "store", port=port))
        changed = True
    if [each.get("policyName") for each in known] != [policy]:
        yield mc("admin", "policy", "attach", "store", policy, "--user", user, port=port)
        changed = True
    if not changed:
        host.noop(f"user {user} is there")
