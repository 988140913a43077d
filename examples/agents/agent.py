"""An agent of a pool, as docs/agents.md says: takes a task, says that it lives, asks the gateway, finishes or fails.

Needs nats-py (2.16). Replace `work`; the rest is the protocol."""

import asyncio
import json
import os
import random
import re
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nats
from nats.errors import TimeoutError as NothingYet

pool, agent = os.environ["AGENT_POOL"], os.environ["AGENT_NAME"]
# Of a pool with a schedule: how long without a task until this agent ends.
idle_seconds = float(os.environ.get("AGENT_IDLE_SECONDS", "inf"))
alive_seconds, tries = int(os.environ["AGENT_ALIVE_SECONDS"]), int(os.environ["AGENT_TRIES"])


def secret(name):
    return json.loads((Path(os.environ.get("AGENT_SECRETS", "/run/secrets")) / name).read_text())


def say(line):
    print(json.dumps(line), file=sys.stdout, flush=True)


def chain_of(headers):
    """The id of the chain that the task belongs to."""
    found = re.match(r"[0-9a-f]{2}-([0-9a-f]{32})-", (headers or {}).get("traceparent", ""))
    return found.group(1) if found else secrets.token_hex(16)


def ask_once(chain, messages, options):
    opens = secret("inference-key.json")
    request = urllib.request.Request(
        opens["url"] + "/v1/chat/completions",
        data=json.dumps({"model": os.environ["AGENT_MODEL"], "messages": messages, **options}).encode(),
        headers={
            "content-type": "application/json",
            "authorization": "Bearer " + opens["password"],
            "traceparent": f"00-{chain}-{secrets.token_hex(8)}-01",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=600) as response:
            return 200, 0, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, float(error.headers.get("retry-after") or 0), error.read().decode()
    except OSError as error:
        return 0, 0, str(error)


async def complete(about, messages, **options):
    """Asks the gateway, and comes again when it is told to: after Retry-After, or after longer and longer."""
    for attempt in range(21):
        status, told, body = await asyncio.to_thread(ask_once, about["correlation_id"], messages, options)
        if status == 200:
            return body["choices"][0]["message"]["content"]
        if not (status in (0, 429) or status >= 500) or attempt == 20:
            raise RuntimeError(f"The gateway answered {status}: {body}")
        # Not all at the same moment.
        wait = min(60, max(told, 2 ** min(attempt, 4))) * (1 + random.random() / 4)
        say({**about, "what": "waits", "for": "the gateway", "status": status, "seconds": round(wait)})
        await asyncio.sleep(wait)


async def work(task, about):
    """What this agent is for. What it does may be done twice, when it dies after it and before it said so."""
    said = []
    for _ in range(task.get("steps", 1)):
        said.append(await complete(about, [{"role": "user", "content": task.get("say", "hello")}], max_tokens=40))
    return {"said": said}


async def take(connection, message):
    chain = chain_of(message.headers)
    identity, attempt = message.metadata.sequence.stream, message.metadata.num_delivered
    about = {"correlation_id": chain, "agent": agent, "task": message.subject, "id": identity, "try": attempt}
    say({**about, "what": "took"})

    async def live():
        while True:
            await asyncio.sleep(alive_seconds / 4)
            await message.in_progress()
            await connection.publish(f"agents.alive.{pool}.{agent}", json.dumps(about).encode())

    async def tell(how, result):
        # Told twice, it is kept once.
        await connection.jetstream().publish(
            f"agents.{how}.{pool}.{identity}",
            json.dumps({**about, "result": result}).encode(),
            headers={"Nats-Msg-Id": f"{pool}-{identity}"},
        )

    alive = asyncio.create_task(live())
    try:
        await tell("done", await work(json.loads(message.data or b"{}"), about))
        await message.ack_sync()
        say({**about, "what": "done"})
    except Exception as error:
        if attempt >= tries:
            await tell("failed", {"reason": str(error)})
            await message.term()
        else:
            await message.nak(delay=alive_seconds)
        say({**about, "what": "failed" if attempt >= tries else "again", "reason": str(error)})
    finally:
        alive.cancel()


async def main():
    ends = asyncio.Event()
    # systemd's wish to stop: the task at hand is finished first.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ends.set)
    opens = secret("nats-password.json")
    connection = await nats.connect(
        opens["url"],
        user=opens["user"],
        password=opens["password"],
        name=agent,
        inbox_prefix=os.environ["AGENT_INBOX"].encode(),
        # The house may be restarted around it.
        allow_reconnect=True,
        max_reconnect_attempts=-1,
    )
    queue = await connection.jetstream().pull_subscribe_bind(durable=pool, stream=os.environ["AGENT_STREAM"])
    busy = time.monotonic()
    while not ends.is_set() and time.monotonic() - busy < idle_seconds:
        try:
            (message,) = await queue.fetch(1, timeout=5)
        except (NothingYet, ValueError):
            continue
        except Exception as error:
            say({"agent": agent, "what": "waits", "for": "NATS", "reason": str(error)})
            await asyncio.sleep(1)
            continue
        await take(connection, message)
        busy = time.monotonic()
    await connection.flush()
    await connection.close()


asyncio.run(main())
