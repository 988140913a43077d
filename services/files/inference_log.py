"""What LiteLLM says of each answer: a line in its log, and figures. Each request's chain, client and tokens; never what was said."""

import json
import sys
from pathlib import Path

from litellm.integrations.custom_logger import CustomLogger
from prometheus_client import Counter, Gauge

own = json.loads(Path(__file__).with_name("homelab.json").read_text())

limit = Gauge("homelab_inference_account_limit", "What the provider allows", ["account", "of"])
for account, limits in own["accounts"].items():
    for of, value in limits.items():
        if value is not None:
            limit.labels(account, of).set(value)
tokens = Counter("homelab_inference_tokens", "Tokens by whose key, and where they were used", ["client", "model", "at"])
spent = Counter("homelab_inference_spent_dollars", "What they cost", ["client", "at"])
answers = Counter("homelab_inference_answers", "Answers by how they went", ["client", "model", "at", "status"])


class Log(CustomLogger):
    """A line of JSON for each answer: whose, by which chain, how many tokens. Never what was said."""

    def _write(self, kwargs, status, start, end):
        said = kwargs.get("standard_logging_object") or {}
        meta = said.get("metadata") or {}
        params = kwargs.get("litellm_params") or {}
        headers = ((params.get("proxy_server_request") or {}).get("headers")) or {}
        at = (said.get("model_id") or "").split("/")[0]
        client, model = meta.get("user_api_key_alias") or "", said.get("model_group") or ""
        used, cost = said.get("total_tokens") or 0, said.get("response_cost") or 0
        answers.labels(client, model, at, status).inc()
        if status == "ok":
            tokens.labels(client, model, at).inc(used)
            spent.labels(client, at).inc(cost)
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


log = Log()
