"""program.py mlflow|dagster: a client of the drill that puts as the program itself does, in the image of that program.

Standard input: a line of JSON with where it puts (endpoint, user, secret, bucket); then for each round a line
{"round": R, "first": N}, at which it begins, and an empty line, at which it ends. Standard output: `NUMBER PATH` for each
object that was acknowledged, `failed: WHY` when one was not, and `over`.
"""

import ctypes
import json
import os
import sys
import tempfile
import threading

# What the script `program` leaves of this computer's mounts, detached with all that is below.
libc = ctypes.CDLL(None, use_errno=True)
if libc.umount2(b"/old", 2) != 0:
    sys.exit(f"/old stays mounted: {os.strerror(ctypes.get_errno())}")

name = sys.argv[1]
where = json.loads(sys.stdin.readline())
bucket = where["bucket"]
os.environ.update(
    AWS_ACCESS_KEY_ID=where["user"],
    AWS_SECRET_ACCESS_KEY=where["secret"],
    AWS_DEFAULT_REGION="us-east-1",
    AWS_MAX_ATTEMPTS="1",
    MLFLOW_S3_ENDPOINT_URL=where["endpoint"],
)


def say(text: str) -> None:
    print(text, flush=True)


def content(n: int) -> str:
    """As in clients.ts."""
    return f"{n} " + "y" * (900_000 if n % 9 == 0 else n * 7919 % 20_000)


def mlflow_puts(number: int):
    """Artifacts, as a run of MLflow logs them: some new, some logged again."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository = get_artifact_repository(f"s3://{bucket}/{number}/mlflow")
    folder = tempfile.mkdtemp()

    def put(i: int, n: int) -> str:
        file = f"again-{i // 2 % 5}" if i % 2 == 0 else f"new-{i}"
        with open(f"{folder}/{file}", "w", encoding="utf-8") as out:
            out.write(content(n))
        repository.log_artifact(f"{folder}/{file}")
        return f"{number}/mlflow/{file}"

    return put


def dagster_puts(number: int):
    """Assets, materialized one after the other; S3's IO manager keeps what they return. It removes what it overwrites
    before it puts, so each is a new one."""
    from dagster import asset, materialize
    from dagster_aws.s3 import S3PickleIOManager, S3Resource

    manager = S3PickleIOManager(
        s3_resource=S3Resource(endpoint_url=where["endpoint"]),
        s3_bucket=bucket,
        s3_prefix=f"{number}/dagster",
    )

    def put(i: int, n: int) -> str:
        @asset(name=f"new_{i}")
        def made() -> str:
            return "=" + content(n)

        if not materialize([made], resources={"io_manager": manager}).success:
            raise RuntimeError("the run failed")
        return f"{number}/dagster/new_{i}"

    return put


puts = {"mlflow": mlflow_puts, "dagster": dagster_puts}[name]


def work(number: int, first: int, stop: threading.Event) -> None:
    try:
        put = puts(number)
        for i in range(1_000_000):
            if stop.is_set():
                break
            path = put(i, first + i)
            say(f"{first + i} /{bucket}/{path}")
    except Exception as error:  # its server is gone, or it refused
        say(f"failed: {' '.join(str(error).split())[:200]}")
    say("over")


puts(0)  # what takes seconds to load
say("ready")
for line in sys.stdin:
    given = json.loads(line)
    stop = threading.Event()
    worker = threading.Thread(target=work, args=(given["round"], given["first"], stop))
    worker.start()
    sys.stdin.readline()
    stop.set()
    worker.join()
