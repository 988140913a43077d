"""Who may ask which model, for LiteLLM.

Keys are declared in the stack file and come as a secret, so that no database holds them. `homelab.json` beside this
file names the secret."""

import hashlib
import hmac
import json
from pathlib import Path

from fastapi import HTTPException
from litellm.proxy._types import LitellmUserRoles, UserAPIKeyAuth

own = json.loads(Path(__file__).with_name("homelab.json").read_text())
digest = lambda text: hashlib.sha256(text.encode()).hexdigest()  # noqa: E731
keys = json.loads(Path(own["keys"]).read_text())
clients = {digest(one["key"]): one for one in keys["clients"]}
master = digest(keys["master"])


async def auth(request, api_key: str | None) -> UserAPIKeyAuth:
    """Who asks: a client with its models, or the house itself."""
    given = digest((api_key or "").removeprefix("Bearer "))  # without the header there is none
    if hmac.compare_digest(given, master):
        return UserAPIKeyAuth(api_key=given, key_alias="master", user_role=LitellmUserRoles.PROXY_ADMIN)
    client = clients.get(given)
    if client is None:
        raise HTTPException(401, "This key opens nothing here: it must be one of homelab:inference.clients.")
    path = request.url.path
    if request.method == "POST":
        try:
            body = await request.json()
            model = body.get("model") if isinstance(body, dict) else None
        except Exception:
            raise HTTPException(400, "The request's body must be JSON with a model.") from None
        if model not in client["models"]:
            raise HTTPException(403, f"The key of {client['name']} opens {', '.join(client['models'])} and nothing else.")
        # Nor may a request name servers, keys or ways round of its own.
        unknown = {"api_base", "base_url", "api_key", "fallbacks", "model_list", "mock_response", "user_config"} & body.keys()
        if unknown:
            raise HTTPException(400, f"A request may not hold {', '.join(sorted(unknown))}.")
    elif path.rstrip("/") not in ("/v1/models", "/models"):
        raise HTTPException(403, f"The key of {client['name']} opens its models and nothing else.")
    return UserAPIKeyAuth(
        api_key=given,
        key_alias=client["name"],
        user_id=client["name"],
        user_role=LitellmUserRoles.INTERNAL_USER,
        models=client["models"],
        max_parallel_requests=client.get("parallel"),
        tpm_limit=client.get("tokensPerMinute"),
        rpm_limit=client.get("requestsPerMinute"),
    )
