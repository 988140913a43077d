"""embedding.py ADDRESS: all-MiniLM-L6-v2 over gRPC, with gRPC's health protocol. It is SERVING once the model has answered."""

import signal
import sys
import threading
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from chain import chain_of, say
from model import MiniLM

messages, services = grpc.protos_and_services("embeddings.proto")


class Embeddings(services.EmbeddingsServicer):
    def __init__(self):
        self.model, self.one_at_a_time = None, threading.Lock()

    def Embed(self, request, context):
        chain = chain_of(dict(context.invocation_metadata()).get("traceparent"))
        if self.model is None:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the model is not there yet")
        if not 1 <= len(request.texts) <= 64:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "1 to 64 texts at once")
        with self.one_at_a_time:
            vectors = self.model.embed(list(request.texts))
        say("embedded", chain, texts=len(request.texts))
        return messages.EmbedReply(embeddings=[messages.Embedding(values=vector) for vector in vectors])


server = grpc.server(futures.ThreadPoolExecutor(8))
embeddings, state = Embeddings(), health.HealthServicer()
services.add_EmbeddingsServicer_to_server(embeddings, server)
health_pb2_grpc.add_HealthServicer_to_server(state, server)
state.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
server.add_insecure_port(sys.argv[1])
server.start()
model = MiniLM()
model.embed(["ready"])
embeddings.model = model
state.set("", health_pb2.HealthCheckResponse.SERVING)
say("serving")
ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())
ended.wait()
state.enter_graceful_shutdown()
server.stop(10).wait()
