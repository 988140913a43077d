"""start.py dagster|mlflow PROGRAM [ARGUMENT...]: becomes PROGRAM once PostgreSQL answers and has the service's tables.

Nothing has to be started in order: this waits for as long as PostgreSQL is away, and a minute at most for the address in
WAIT_FOR. The tables are made, and brought to
the version of the image, by one process at a time: neither Dagster nor MLflow does that safely when two begin at once
or one is stopped in the middle. What was done is noted beside the tables, so every further start costs one question.
"""

import os
import socket
import subprocess
import sys
import time
from importlib.metadata import version

import psycopg2

PACKAGES = {"dagster": ("dagster", "dagster-postgres"), "mlflow": ("mlflow",)}
VARIABLE = {"dagster": "POSTGRES_DSN", "mlflow": "MLFLOW_BACKEND_STORE_URI"}
LOCK = 7_203_141  # any number, the same for all that do this

NOTES = """
create schema if not exists homelab;
create table if not exists homelab.tables_of (service text primary key, version text not null)
"""


def connected(url: str):
    said = None
    while True:
        try:
            return psycopg2.connect(url, connect_timeout=5, application_name="homelab-start")
        except psycopg2.OperationalError as error:
            reason = str(error).strip().splitlines()[-1]
            if reason != said:
                print(f"PostgreSQL does not answer, waiting: {reason}", flush=True)
                said = reason
            time.sleep(2)


def one(cursor, question: str, *values):
    cursor.execute(question, values)
    row = cursor.fetchone()
    return row[0] if row else None


def dagster(cursor) -> None:
    from dagster import DagsterInstance

    with DagsterInstance.get() as instance:  # makes the tables where there are none
        stamped = one(cursor, "select to_regclass('public.alembic_version')") and one(
            cursor, "select version_num from public.alembic_version"
        )
        if not stamped:  # a start was stopped in the middle: what is missing is made now
            for storage in (instance.run_storage, instance.event_log_storage, instance.schedule_storage):
                getattr(storage, "_init_db", lambda: None)()
    subprocess.run(["dagster", "instance", "migrate"], check=True)


def mlflow(_cursor) -> None:
    from mlflow.db import commands

    commands.main(["upgrade", os.environ[VARIABLE["mlflow"]]], standalone_mode=False)


def prepare(service: str) -> None:
    wanted = " ".join(f"{name}=={version(name)}" for name in PACKAGES[service])
    connection = connected(os.environ[VARIABLE[service]].replace("postgresql+psycopg2://", "postgresql://", 1))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (LOCK,))
        cursor.execute(NOTES)
        if one(cursor, "select version from homelab.tables_of where service = %s", service) != wanted:
            print(f"Tables are brought to {wanted}.", flush=True)
            {"dagster": dagster, "mlflow": mlflow}[service](cursor)
            cursor.execute(
                "insert into homelab.tables_of values (%s, %s)"
                " on conflict (service) do update set version = excluded.version",
                (service, wanted),
            )
    connection.close()


def wait_for(address: str, seconds: float = 60) -> None:
    """The daemon looks at a code location that it could not load again only after a minute, and runs wait in the queue until
    then: on a node that has just come back, the code server is often the last to be up."""
    host, _, port = address.rpartition(":")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection((host, int(port)), timeout=3).close()
            return
        except OSError:
            time.sleep(0.5)
    print(f"{address} does not answer: going on without it.", flush=True)


if __name__ == "__main__":
    prepare(sys.argv[1])
    if os.environ.get("WAIT_FOR"):
        wait_for(os.environ["WAIT_FOR"])
    os.execvp(sys.argv[2], sys.argv[2:])
