"""What LiteLLM says of each answer: a line in its log, and figures. Each request's chain, client and tokens; never what was said.
And what a client is told when a budget is used up."""

import json
import sys
import time
from collections import deque
from datetime import datetime, timezone
from pathlib import Path

from fastapi import HTTPException
from litellm.integrations.custom_logger import CustomLogger
from litellm.litellm_core_utils.duration_parser import duration_in_seconds
from prometheus_client import Counter, Gauge

own = json.loads(Path(__file__).with_name("homelab.json").read_text())

limit = Gauge("homelab_inference_account_limit", "What the gateway uses of an account at most", ["account", "of"])
used = Gauge("homelab_inference_account_used", "What it has used: in the last minute, or of the budget", ["account", "of"])
tokens = Counter("homelab_inference_tokens", "Tokens by whose key, and where they were used", ["client", "model", "at"])
spent = Counter("homelab_inference_spent_dollars", "What they cost", ["client", "at"])
answers = Counter("homelab_inference_answers", "Answers by how they went", ["client", "model", "at", "status"])
refused = Counter("homelab_inference_refused", "Requests that no place could answer", ["client", "model", "why"])


def router():
    from litellm.proxy.proxy_server import llm_router

    return llm_router


def entries(account=None, model=None):
    """Places of models that have a budget: account, id, dollars, duration."""
    for one in router().model_list if router() else []:
        params, identity = one["litellm_params"], one["model_info"]["id"]
        if (account is None or identity.split("/")[0] == account) and (model is None or one["model_name"] == model):
            yield identity, params.get("max_budget"), params.get("budget_duration")


def cached(key):
    """What LiteLLM counts with; it is the store's own figure of a second ago."""
    return router().cache.in_memory_cache.get_cache(key)


def spend_key(identity, duration):
    return f"deployment_spend:{identity}:{duration}"


class Minute:
    """What an account was used for in the last sixty seconds: a minute that slides, as the providers' do."""

    def __init__(self):
        self.seen = deque()

    def add(self, count):
        self.seen.append((time.monotonic(), count))
        self.total(0)

    def total(self, of):
        while self.seen and self.seen[0][0] < time.monotonic() - 60:
            self.seen.popleft()
        return sum(count if of == "tokens" else 1 for _, count in self.seen)


minutes = {account: Minute() for account in own["accounts"]}


def spent_of(account):
    return sum(float(cached(spend_key(identity, of)) or 0) for identity, most, of in entries(account) if most is not None)


for account, limits in own["accounts"].items():
    for of, value in limits.items():
        if value is None:
            continue
        limit.labels(account, of).set(value)
        used.labels(account, of).set_function(
            (lambda account=account: spent_of(account))
            if of == "budget"
            else (lambda account=account, of=of: minutes[account].total(of))
        )


async def budgets(model):
    """Of a model's places: those that may be asked, and for those that may not when they may again."""
    free, closed = 0, []
    for identity, most, duration in entries(model=model):
        key = spend_key(identity, duration)
        if most is None or float(cached(key) or 0) < most:
            free += 1
            continue
        store = router().cache.redis_cache
        if store is not None and await store.async_get_cache(key) is None:
            # Its time is over: LiteLLM's own copy would outlive it by up to ten minutes after a restart.
            router().cache.in_memory_cache.delete_cache(key)
            free += 1
            continue
        start = await router().cache.async_get_cache(f"deployment_budget_start_time:{identity}")
        closed.append((float(start or time.time()) + duration_in_seconds(duration), identity.split("/")[0], most))
    return free, sorted(closed)


class Log(CustomLogger):
    """A line of JSON for each answer: whose, by which chain, how many tokens. Never what was said."""

    def _write(self, kwargs, status, start, end):
        said = kwargs.get("standard_logging_object") or {}
        meta = said.get("metadata") or {}
        params = kwargs.get("litellm_params") or {}
        headers = ((params.get("proxy_server_request") or {}).get("headers")) or {}
        at = (said.get("model_id") or "").split("/")[0]
        client, model = meta.get("user_api_key_alias") or "", said.get("model_group") or ""
        count, cost = said.get("total_tokens") or 0, said.get("response_cost") or 0
        answers.labels(client, model, at, status).inc()
        if status == "ok":
            tokens.labels(client, model, at).inc(count)
            spent.labels(client, at).inc(cost)
            if at in minutes:
                minutes[at].add(count)
        error = (said.get("error_information") or {}).get("error_code") or None
        line = {
            "correlation_id": headers.get("x-correlation-id"),
            "client": client,
            "model": model,
            "at": at,
            "status": status,
            "prompt_tokens": said.get("prompt_tokens") or 0,
            "completion_tokens": said.get("completion_tokens") or 0,
            "cost": cost,
            "seconds": round(max(0.0, (end - start).total_seconds()), 3) if start and end else None,
        }
        print(json.dumps(line if error is None else {**line, "error": error}), file=sys.stdout, flush=True)

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        self._write(kwargs, "ok", start_time, end_time)

    async def async_log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self._write(kwargs, "failed", start_time, end_time)

    async def async_post_call_failure_hook(self, request_data, original_exception, user_api_key_dict, traceback_str=None):
        """A budget that is used up is a sentence; all else stays what LiteLLM makes of it."""
        model, client = request_data.get("model") or "", user_api_key_dict.key_alias or ""
        code = getattr(original_exception, "status_code", None)
        if "crossed budget" not in str(original_exception):
            # Of a key that opens nothing, whatever is asked for is not a name that figures should grow by.
            known = model in {one["model_name"] for one in (router().model_list if router() else [])}
            busy = code == 429 or "No deployments available" in str(original_exception)
            why = "limit" if busy else "key" if code in (400, 401, 403) else "error"
            refused.labels(client, model if known else "", why).inc()
            return None
        free, closed = await budgets(model)
        if free > 0 or not closed:
            # Another place is only busy, or a budget is whole again since a moment.
            refused.labels(client, model, "limit").inc()
            return HTTPException(429, f"Nobody can answer for {model} at this moment.", {"Retry-After": "1"})
        refused.labels(client, model, "budget").inc()
        when = datetime.fromtimestamp(closed[0][0], timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        spent_up = ", ".join(f"{account} ({most:g} dollars)" for _, account, most in closed)
        return HTTPException(
            402, f"The budget for {model} is used up: {spent_up}. It is whole again at {when} (homelab:inference.accounts)."
        )


log = Log()
