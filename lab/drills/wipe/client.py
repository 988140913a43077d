"""client.py dagster|mlflow|embeddings|search|compare: the clients of the wipe drill, run on desktop.

A writer notes in a file of its own what was acknowledged to it, with a checksum, and nothing else: that is what must be
found afterwards. Whatever fails while compute is away was not acknowledged, and is only counted.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
import traceback
import uuid
from urllib.parse import urlsplit

PLACE = "/drill"
CONFIG = json.load(open(f"{PLACE}/config.json", encoding="utf-8"))
VECTOR = 384
WORDS = "storage desktop compute disk vector index run asset model wipe power backup search table bucket node".split()

TABLE = f"""
create table if not exists drill_embeddings (id uuid primary key, body text not null, embedding vector({VECTOR}) not null);
create index if not exists drill_embeddings_hnsw on drill_embeddings using hnsw (embedding vector_cosine_ops)
"""


def sha256(data) -> str:
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


def note(what: str, **facts) -> None:
    with open(f"{PLACE}/{what}.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({"at": time.time(), **facts}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def notes(what: str) -> list[dict]:
    try:
        with open(f"{PLACE}/{what}.jsonl", encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return []


def forever(what: str, once, pause: float) -> None:
    while True:
        try:
            once()
        except Exception as error:
            note(f"{what}-failed", error=type(error).__name__)
            print(traceback.format_exc(limit=1).strip().splitlines()[-1][:300], flush=True)
            time.sleep(1)
        time.sleep(pause)


def connect(of: str):
    import psycopg2

    connection = psycopg2.connect(CONFIG["dsns"][of], connect_timeout=5, options="-c statement_timeout=10000")
    return connection


def ask(url: str, body: dict) -> dict:
    import requests

    answer = requests.post(url, json=body, timeout=10)
    answer.raise_for_status()
    return answer.json()


MATERIALIZED = """query ($run: ID!) { runOrError(runId: $run) { ... on Run {
  assetMaterializations { metadataEntries { label ... on TextMetadataEntry { text } } } } } }"""


def materialize(name: str, rows: int, limit: float = 600) -> dict:
    """One asset by Dagster's own client; returns once the run has succeeded."""
    from dagster import DagsterRunStatus
    from dagster_graphql import DagsterGraphQLClient

    at = urlsplit(CONFIG["dagster"])
    client = DagsterGraphQLClient(at.hostname, port_number=at.port, timeout=15)
    run = client.submit_job_execution(
        "sample", run_config={"ops": {"numbers": {"config": {"name": name, "rows": rows}}}}
    )
    until = time.time() + limit
    while (status := client.get_run_status(run)) != DagsterRunStatus.SUCCESS:
        if status in (DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED) or time.time() > until:
            raise RuntimeError(f"run {run} is {status.value}")
        time.sleep(0.5)
    answer = ask(f"{CONFIG['dagster']}/graphql", {"query": MATERIALIZED, "variables": {"run": run}})
    [made] = answer["data"]["runOrError"]["assetMaterializations"]
    facts = {entry["label"]: entry.get("text") for entry in made["metadataEntries"]}
    return {"run": run, "uri": facts["uri"], "sha256": facts["sha256"]}


def dagster() -> None:
    def once():
        begun = time.time()
        facts = materialize(f"drill-{uuid.uuid4().hex[:12]}", random.randint(10, 5000))
        note("dagster", begun=begun, **facts)

    forever("dagster", once, 0.5)


def log_run(name: str) -> dict:
    """One run with an artifact by MLflow's own client."""
    os.environ.update(MLFLOW_HTTP_REQUEST_TIMEOUT="15", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")
    import mlflow as client

    client.set_tracking_uri(CONFIG["mlflow"])
    client.set_experiment("drill")
    body, value = f"{name} {random.random()}", random.random()
    with client.start_run(run_name=name) as run:
        client.log_metric("value", value)
        client.log_text(body, "note.txt")
    key = f"{run.info.experiment_id}/{run.info.run_id}/artifacts/note.txt"
    return {"run": run.info.run_id, "value": value, "key": key, "sha256": sha256(body)}


def mlflow() -> None:
    forever("mlflow", lambda: note("mlflow", **log_run(f"drill-{uuid.uuid4().hex[:12]}")), 1)


def embed(text: str) -> list[float]:
    answer = ask(f"{CONFIG['llama']}/v1/embeddings", {"input": text, "model": "any"})
    return answer["data"][0]["embedding"]


def embeddings() -> None:
    connection = connect("agent")
    with connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
    connection.close()

    def once():
        body = " ".join(random.choices(WORDS, k=8))
        vector = embed(body)
        own = str(uuid.uuid4())
        connection = connect("agent")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    "insert into drill_embeddings values (%s, %s, %s::vector) returning body || embedding::text",
                    (own, body, json.dumps(vector)),
                )
                text = cursor.fetchone()[0]
        finally:
            connection.close()
        note("embeddings", id=own, sha256=sha256(text))

    forever("embeddings", once, 0.5)


def search() -> None:
    """Five questions a second to PostgreSQL; none may fail, whatever happens to compute."""
    connection = connect("agent")
    connection.autocommit = True
    sums = {"asked": 0, "failed": 0, "empty": 0, "slowest": 0.0}
    going = True

    def stop(*_):
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, stop)
    while going:
        begun = time.time()
        sums["asked"] += 1
        try:
            with connection.cursor() as cursor:
                vector = [random.gauss(0, 1) for _ in range(VECTOR)]
                cursor.execute(
                    "select id from drill_embeddings order by embedding <=> %s::vector limit 5", (json.dumps(vector),)
                )
                sums["empty"] += 0 if cursor.fetchall() else 1
        except Exception as error:
            sums["failed"] += 1
            note("search-failed", error=str(error))
            try:
                connection = connect("agent")
                connection.autocommit = True
            except Exception:
                time.sleep(0.2)
        took = time.time() - begun
        sums["slowest"] = max(sums["slowest"], took)
        with open(f"{PLACE}/search.json.new", "w", encoding="utf-8") as file:
            json.dump(sums, file)
        os.replace(f"{PLACE}/search.json.new", f"{PLACE}/search.json")
        time.sleep(max(0.0, 0.2 - took))


def compare() -> None:
    """What was acknowledged, looked for in PostgreSQL and the object store themselves."""
    import boto3

    def store(of: str):
        keys = CONFIG["s3"][of]
        return boto3.client(
            "s3",
            endpoint_url=CONFIG["s3Endpoint"],
            region_name="us-east-1",
            aws_access_key_id=keys["accessKey"],
            aws_secret_access_key=keys["secretKey"],
        )

    def content(client, bucket: str, key: str) -> str:
        try:
            return sha256(client.get_object(Bucket=bucket, Key=key)["Body"].read())
        except client.exceptions.NoSuchKey:
            return "missing"

    def rows(of: str, question: str) -> dict:
        connection = connect(of)
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            return {row[0]: row[1:] for row in cursor.fetchall()}

    def told(what: str, good) -> dict:
        all_of = notes(what)
        lost = [one for one in all_of if not good(one)]
        for one in lost:
            print(f"LOST {what}: {json.dumps(one)}", file=sys.stderr)
        return {"acknowledged": len(all_of), "lost": len(lost), "refused": len(notes(f"{what}-failed"))}

    runs = rows(
        "dagster",
        "select r.run_id, r.status, count(e.id) from runs r left join event_logs e on e.run_id = r.run_id"
        " and e.dagster_event_type = 'ASSET_MATERIALIZATION' group by 1, 2",
    )
    parquet = store("dagster")

    def asset_is_there(one):
        at = urlsplit(one["uri"])
        return runs.get(one["run"]) == ("SUCCESS", 1) and (
            content(parquet, at.netloc, at.path.lstrip("/")) == one["sha256"]
        )

    tracked = rows(
        "mlflow",
        "select r.run_uuid, r.status, m.value from runs r join metrics m on m.run_uuid = r.run_uuid and m.key = 'value'",
    )
    artifacts = store("mlflow")

    def run_is_there(one):
        status, value = tracked.get(one["run"], (None, None))
        return (
            status == "FINISHED" and value == one["value"] and content(artifacts, "mlflow", one["key"]) == one["sha256"]
        )

    vectors = rows("agent", "select id::text, body || embedding::text from drill_embeddings")
    with open(f"{PLACE}/search.json", encoding="utf-8") as file:
        searched = json.load(file)
    print(
        json.dumps(
            {
                "dagster": told("dagster", asset_is_there),
                "mlflow": told("mlflow", run_is_there),
                "embeddings": told("embeddings", lambda one: sha256(vectors.get(one["id"], ("",))[0]) == one["sha256"]),
                "search": searched,
            }
        )
    )


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    if verb in ("materialize", "log_run"):  # one, for the tests
        print(json.dumps(materialize(rest[0], int(rest[1])) if verb == "materialize" else log_run(rest[0])))
    else:
        {"dagster": dagster, "mlflow": mlflow, "embeddings": embeddings, "search": search, "compare": compare}[verb]()
