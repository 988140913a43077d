"""What the three programs have in common: the id of a chain, and what they say of it. See docs/correlation.md."""

import json
import re
import secrets
import sys


def chain_of(traceparent):
    """The id that the caller sent, or a new one."""
    found = re.match(r"[0-9a-f]{2}-([0-9a-f]{32})-", traceparent or "")
    return found.group(1) if found else secrets.token_hex(16)


def traceparent(chain):
    return f"00-{chain}-{secrets.token_hex(8)}-01"


def say(what, chain=None, **more):
    line = {"message": what, **({} if chain is None else {"correlation_id": chain}), **more}
    print(json.dumps(line), file=sys.stdout, flush=True)


def begin(connection, program, chain):
    """The first statement of a transaction: all that it writes belongs to the chain."""
    connection.execute(
        "select set_config('homelab.correlation_id', %s, true), set_config('application_name', %s, true)",
        (chain, f"{program} cid:{chain}"),
    )
