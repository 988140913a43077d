"""Looks whether the nodes are on that jobs need, and says what becomes of the runs that wait for one. Run in Prefect's own
container, with its port and then, for each such node, its name, address and SSH port as arguments. A queue needs-NODE is
paused while its node is off, so that no worker takes a run from it; of those that are due one is left out, one waits, and one
that has waited for long enough has failed. Prints `wake NODE` for what is to be woken, and what it did on standard error."""

import base64
import json
import os
import socket
import sys
import urllib.error
import urllib.request
from datetime import datetime, timezone

PAGE = 200
# Of a run whose worker vanished: what becomes of it is not settled here.
LOST = "WorkerLost"


def ask(port, method, path, body=None):
    login = base64.b64encode(os.environ["PREFECT_SERVER_API_AUTH_STRING"].encode()).decode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"authorization": f"Basic {login}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def all_of(port, path, body):
    found = []
    while True:
        page = ask(port, "POST", path, {**body, "limit": PAGE, "offset": len(found)})
        found += page
        if len(page) < PAGE:
            return found


def is_on(address, ssh_port):
    try:
        with socket.create_connection((address, int(ssh_port)), timeout=5):
            return True
    except OSError:
        return False


def waited(run):
    """Seconds since it was due, or was set to begin again."""
    times = [run["expected_start_time"], (run["state"] or {}).get("timestamp")]
    since = max(datetime.fromisoformat(time.replace("Z", "+00:00")) for time in times if time)
    return (datetime.now(timezone.utc) - since).total_seconds()


def settle(port, run, type, message):
    ask(port, "POST", f"/flow_runs/{run['id']}/set_state", {"state": {"type": type, "message": message}, "force": True})


def look(port, node, on):
    """Lets the runs go that need this node, or says what becomes of them. True when it is to be woken."""
    queue = f"needs-{node}"
    for one in all_of(port, "/work_queues/filter", {"work_queues": {"name": {"any_": [queue]}}}):
        if one["is_paused"] == on:
            ask(port, "PATCH", f"/work_queues/{one['id']}", {"is_paused": not on})
            print(f"{node} is {'on' if on else 'off'}: jobs that need it {'begin' if on else 'wait'}.", file=sys.stderr)
    if on:
        return False
    jobs = {one["id"]: one for one in all_of(port, "/deployments/filter", {"deployments": {"work_queue_name": {"any_": [queue]}}})}
    now = datetime.now(timezone.utc).isoformat()
    due = {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": {"before_": now}}
    wake = False
    for run in all_of(
        port, "/flow_runs/filter", {"flow_runs": due, "deployments": {"work_queue_name": {"any_": [queue]}}}
    ):
        job = jobs.get(run["deployment_id"])
        if job is None or (run["state"] or {}).get("name") == LOST:
            continue
        labels = job["labels"] or {}
        patience = labels["homelab.patience"]
        if labels["homelab.whenOff"] == "skip":
            print(f"{job['name']} is left out: {node} is off.", file=sys.stderr)
            settle(port, run, "CANCELLED", f"left out: it needs {node}, which is off")
        elif waited(run) > patience:
            print(f"{job['name']} has failed: {node} was off for {patience} s.", file=sys.stderr)
            why = f"{job['name']}: it needs {node}, which was not on within {patience} seconds"
            settle(port, run, "FAILED", why + (", though it was told to wake" if labels["homelab.wake"] else ""))
        elif labels["homelab.wake"]:
            wake = True
    return wake


def main(port, *nodes):
    for node, address, ssh_port in zip(*[iter(nodes)] * 3):
        if look(port, node, is_on(address, ssh_port)):
            print(f"wake {node}", flush=True)


try:
    main(*sys.argv[1:])
except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
    # That it is down is told by PrefectDown. What it refuses is a fault of this.
    if isinstance(error, urllib.error.HTTPError) and error.code < 500:
        raise
    print(f"Prefect does not answer: {error}", file=sys.stderr)
