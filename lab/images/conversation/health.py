"""health.py ADDRESS: ends with 0 when the service there says SERVING."""

import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

with grpc.insecure_channel(sys.argv[1]) as channel:
    try:
        said = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=3).status
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
sys.exit(0 if said == health_pb2.HealthCheckResponse.SERVING else "NOT_SERVING")
