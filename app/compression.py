"""Answers compressed with gzip, for clients that ask for it (RFC 9110 §12.5.3)."""

import re

from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Below it an answer is one packet either way.
MINIMUM_BYTES = 1024
# zlib's own default. On an article of 4 kB the levels cost about the same, and 9 is no smaller than 6.
LEVEL = 6
# Streams whose lines somebody waits for: a compressor would hold them back.
STREAMS = ("application/x-ndjson",)
# Matches an Accept-Encoding that lets gzip in.
ACCEPTED = re.compile(rb"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
# What Starlette looks for, and only in the first such line.
_PLAINLY_SAID = (b"accept-encoding", b"gzip")
_VARY = (b"vary", b"accept-encoding")


class Compression:
    """Middleware that leaves the work to Starlette's, and spends nothing on who does not ask for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._compressing = GZipMiddleware(
            app, MINIMUM_BYTES, LEVEL, exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *STREAMS)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, to be answered in the coding that it accepts."""
        if scope["type"] != "http":
            await self._plain(scope, receive, send)
        elif any(name == b"accept-encoding" and ACCEPTED.search(value) for name, value in scope["headers"]):
            scope["headers"] = [_PLAINLY_SAID, *scope["headers"]]
            await self._compressing(scope, receive, _say_that_it_varies(send, is_said=True))
        else:
            await self._plain(scope, receive, _say_that_it_varies(send, is_said=False))


def _say_that_it_varies(send: Send, *, is_said: bool) -> Send:
    """Add Vary to an answer; where Starlette says it of what it compresses, only to what stands for that."""

    async def send_and_say(message: Message) -> None:
        if message["type"] == "http.response.start" and (not is_said or message["status"] == 304):
            message["headers"] = [*message.get("headers", ()), _VARY]
        await send(message)

    return send_and_say
