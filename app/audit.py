"""The log of writes: who did what to which article when, and who was refused.

One line each on the logger `dateline.audit`, its facts as fields of the record (`extra`), so that a formatter
can write them as JSON. Of a key there is its id and nothing more.
"""

import logging
import re
from typing import Any

from starlette.types import Message, Scope

REFUSALS = frozenset({401, 403})  # not 429: who is over a budget must not fill the log

log = logging.getLogger("dateline.audit")
_ETAG = re.compile(rb'"(\d+)-\d+')


def log_request(scope: Scope, start: Message, address: str) -> None:
    """Log a request that came as far as to a key that may write, or was refused for want of one."""
    state, status = scope["state"], start["status"]
    writer = state.get("writer")
    if writer is None and status not in REFUSALS:
        return
    key, route = writer or state.get("key"), scope.get("route")
    facts: dict[str, Any] = {
        "request_id": state["request_id"],
        "key_id": key.id if key else None,
        "client": address,
        "operation": getattr(route, "operation_id", None),
        "article_id": _find_article_id(scope, start),
        "status": status,
    }
    level = logging.WARNING if status in REFUSALS else logging.INFO
    log.log(
        level,
        "%(operation)s article %(article_id)s by key %(key_id)s from %(client)s: %(status)s",
        facts,
        extra=facts,
    )


def _find_article_id(scope: Scope, start: Message) -> int | None:
    """Find the article that was written: its address names it, or else the answer's ETag."""
    named = scope.get("path_params", {}).get("article_id", "")
    if named.isdigit():
        return int(named)
    if start["status"] >= 300:
        return None
    etag = next((value for name, value in start.get("headers", ()) if name == b"etag"), b"")
    match = _ETAG.match(etag)
    return int(match[1]) if match else None
