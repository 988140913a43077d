"""worker.py: one of several agents that share what the gateway tells by NATS; each message is noted by one of them."""

import asyncio
import json
import os
import signal

import nats
import psycopg

from chain import begin, chain_of, say


def note(number, chain):
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        begin(connection, "agent-worker", chain)
        connection.execute(
            "insert into conversation.note (message, words) select id, array_length(string_to_array(content, ' '), 1)"
            " from conversation.message where id = %s on conflict do nothing",
            (number,),
        )


async def main():
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    client = await nats.connect(
        os.environ["NATS_URL"],
        user=os.environ["NATS_USER"],
        password=os.environ["NATS_PASSWORD"],
        max_reconnect_attempts=-1,
    )

    async def work(message):
        chain = chain_of((message.headers or {}).get("traceparent"))
        await asyncio.to_thread(note, json.loads(message.data)["message"], chain)
        say("noted", chain, replica=os.environ["REPLICA"])

    await client.subscribe("tasks.note", queue="workers", cb=work)
    say("waiting")
    await ended.wait()
    await client.drain()


asyncio.run(main())
