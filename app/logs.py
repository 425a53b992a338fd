"""The log: one JSON object a line, or one readable line on a terminal; each with its request's id.

`make_log_config` is what `dateline serve` gives to uvicorn, so that the server's own lines, those of all its
workers, and ours look the same. Keys are never in it: no header and no query string is logged.
"""

import logging
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics import name_route

# Set where a request gets its id; threads that work for the request see it too.
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
# What every record has; the rest is what `extra=` gave.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}

_access = logging.getLogger("dateline.access")


def _describe(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a record says beside its message: the request's id, and what `extra=` gave."""
    given = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    request_id = REQUEST_ID.get()
    return {**({"request_id": request_id} if request_id else {}), **given}


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time (UTC), level, logger, message, what else is known, and the trace of an exception."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_describe(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # backslashreplace: a lone surrogate in a message must not lose the line.
        text = orjson.dumps(_replace_surrogates(line), default=repr)
        return text.decode()


def _replace_surrogates(line: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for name, value in line.items()
    }


class TextFormatter(logging.Formatter):
    """Writes a record as a line for a person; control characters cannot move the terminal's cursor."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time of day, level, message, and what else is known."""
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        known = "".join(f" {name}={value}" for name, value in _describe(record).items())
        message = "".join(
            char if char.isprintable() else repr(char)[1:-1] for char in record.getMessage() + known
        )
        line = f"{clock} {record.levelname.lower():7} {message}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def make_log_config(log_format: str, level: str) -> dict[str, Any]:
    """Make the configuration (of logging.config) of the log on standard error; both are settings."""
    is_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    formatter = JsonFormatter if is_json else TextFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.{formatter.__name__}"}},
        "handlers": {
            "standard-error": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.stderr",
            }
        },
        # Libraries only if something is wrong: one says at each article how long a text it took.
        "root": {"handlers": ["standard-error"], "level": "WARNING"},
        "loggers": {
            "app": {"level": level.upper()},
            "dateline": {"level": level.upper()},
            # Its own handlers would write each line once more.
            "uvicorn": {"level": level.upper(), "handlers": [], "propagate": True},
        },
    }


class AccessLog:
    """Logs a line for each request: method, path without query, route, status, milliseconds, bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log it when it has been answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, size, began = 500, 0, time.perf_counter()

        async def send_noting(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        finally:
            _access.info(
                "%s %s %d",
                scope["method"],
                scope["path"],
                status,
                extra={
                    "route": name_route(scope),
                    "client": (scope.get("client") or ("",))[0],
                    "milliseconds": round((time.perf_counter() - began) * 1000, 2),
                    "bytes": size,
                },
            )
