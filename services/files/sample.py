"""A sample code location: an asset that works in DuckDB on a volatile disk and keeps its result in the object store.

The workbench is an emptyDir: it goes with the run's pod. Only what is in S3 and in Dagster's own tables stays.
"""

import hashlib
import os
import tempfile

import boto3
import dagster as dg
import duckdb

BUCKET = os.environ["DAGSTER_BUCKET"]
WORKBENCH = os.environ.get("WORKBENCH", "/workbench")


class Numbers(dg.Config):
    """Which table to make: another name is another object."""

    name: str = "numbers"
    rows: int = 1000


@dg.asset
def numbers(context: dg.AssetExecutionContext, config: Numbers) -> dg.MaterializeResult:
    """Squares, as a Parquet file in the object store."""
    with tempfile.TemporaryDirectory(dir=WORKBENCH) as place:
        file = os.path.join(place, "numbers.parquet")
        with duckdb.connect(os.path.join(place, "workbench.duckdb")) as bench:
            bench.execute(
                "create table numbers as select range as n, range * range as square from range(?)", [config.rows]
            )
            bench.execute(f"copy numbers to '{file}' (format parquet)")
        with open(file, "rb") as written:
            body = written.read()
    key = f"samples/{config.name}.parquet"
    # Where the store is and who asks stands in the environment.
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    # By it the run is found with all else that was done for the same request: docs/correlation.md.
    chain = context.run.tags.get("correlation_id")
    context.log.info(f"{config.rows} rows in s3://{BUCKET}/{key}" + (f" correlation_id={chain}" if chain else ""))
    return dg.MaterializeResult(
        metadata={
            "uri": f"s3://{BUCKET}/{key}",
            "rows": config.rows,
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    )


definitions = dg.Definitions(assets=[numbers], jobs=[dg.define_asset_job("sample", selection=[numbers])])
