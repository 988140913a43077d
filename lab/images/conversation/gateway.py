"""gateway.py PORT: what stands in the lab for a person's own agent gateway. POST /messages remembers what is said and answers
with what was said before and means most nearly the same; NATS tells others of it."""

import asyncio
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import nats
import psycopg

from chain import begin, chain_of, say, traceparent

messages, services = grpc.protos_and_services("embeddings.proto")
tables = """
create schema if not exists conversation;
create table if not exists conversation.message (
  id bigint generated always as identity primary key,
  content text not null,
  embedding vector(384) not null,
  correlation_id text default nullif(current_setting('homelab.correlation_id', true), '')
);
create index if not exists message_by_meaning on conversation.message using hnsw (embedding vector_cosine_ops);
create table if not exists conversation.note (
  message bigint primary key references conversation.message,
  words int not null,
  correlation_id text default nullif(current_setting('homelab.correlation_id', true), '')
);
"""


class Away(Exception):
    """Something that is needed does not answer now."""


class Nats:
    """A connection of its own thread, which goes on trying for ever."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.client = self.wait(self.connect(), None)

    def wait(self, coroutine, seconds):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    async def connect(self):
        return await nats.connect(
            os.environ["NATS_URL"],
            user=os.environ["NATS_USER"],
            password=os.environ["NATS_PASSWORD"],
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
        )

    async def tell(self, subject, what, chain):
        await self.client.publish(subject, json.dumps(what).encode(), headers={"traceparent": traceparent(chain)})
        await self.client.flush(5)


told = Nats()
channel = grpc.insecure_channel(os.environ["EMBEDDINGS_URL"].removeprefix("grpc://"))
embeddings = services.EmbeddingsStub(channel)


def embedded(text, chain):
    try:
        metadata = [("traceparent", traceparent(chain))]
        reply = embeddings.Embed(messages.EmbedRequest(texts=[text]), timeout=10, metadata=metadata)
    except grpc.RpcError as error:
        raise Away(f"embeddings: {error.code().name}") from error
    return json.dumps(list(reply.embeddings[0].values))


def remembered(text, vector, chain):
    """Stores a message, and finds the one of before that is nearest to it."""
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as connection:
            begin(connection, "familiar", chain)
            nearest = connection.execute(
                "select content, 1 - (embedding <=> %s::vector) from conversation.message order by embedding <=> %s::vector limit 1",
                (vector, vector),
            ).fetchone()
            (number,) = connection.execute(
                "insert into conversation.message (content, embedding) values (%s, %s::vector) returning id", (text, vector)
            ).fetchone()
    except psycopg.OperationalError as error:
        raise Away(f"PostgreSQL: {type(error).__name__}") from error
    return number, nearest


class Gateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, what, **headers):
        body = json.dumps(what).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200 if self.path == "/healthz" else 404, {})

    def do_POST(self):
        chain = chain_of(self.headers.get("traceparent"))
        text = json.loads(self.rfile.read(int(self.headers["content-length"])))["text"]
        try:
            number, nearest = remembered(text, embedded(text, chain), chain)
            told.wait(told.tell("tasks.note", {"message": number}, chain), 6)
        except (Away, TimeoutError, nats.errors.Error) as error:
            say("away", chain, why=str(error) or "NATS")
            self.answer(503, {"why": str(error) or "NATS", "correlation_id": chain}, **{"retry-after": 2})
            return
        say("answered", chain, remembered=number)
        answer, likeness = nearest or (None, None)
        self.answer(200, {"answer": answer, "likeness": likeness, "correlation_id": chain})

    def log_message(self, *_):
        """Each request says one line itself."""


with psycopg.connect(os.environ["DATABASE_URL"]) as first:
    first.execute(tables)
say("serving")
ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Gateway).serve_forever()
