"""Connections that may not be held up: a deadline for the head of a request, a least speed for its body.

Uvicorn has neither: a client that sends a byte now and then keeps its connection for ever, and a head may be
of any length. One look at each connection every few seconds is enough, and costs a request next to nothing.
"""

import asyncio
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import PROBLEM_JSON, DatelineError, HeadTooLarge, MalformedRequest, RequestTimeout

SECONDS_BETWEEN_LOOKS = 5.0
# From the first byte, or for a new connection from its beginning, to the end of the head.
HEAD_SECONDS = 20.0
MAX_HEAD_BYTES = 64 * 1024
# A body brings at least so many bytes in so many seconds, while it is us who wait for it.
BODY_SECONDS = 20.0
LEAST_BODY_BYTES = 4096
# An answer that is not taken at all.
UNREAD_SECONDS = 40.0


class PatientProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which loses patience."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to watch the connection."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._head_since: float | None = self.loop.time()
        self._head_bytes = 0
        self._body_since: float | None = None
        self._body_bytes = 0
        self._unread_since: float | None = None
        self._looks: asyncio.TimerHandle | None = None
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """End to watch it."""
        if self._looks is not None:
            self._looks.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Refuse a head that is too long before it fills the memory."""
        super().data_received(data)
        if self._head_since is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(HeadTooLarge(f"Address and headers may have {MAX_HEAD_BYTES} bytes."))

    def on_message_begin(self) -> None:
        """Note when a request begins."""
        super().on_message_begin()
        if self._head_since is None:
            self._head_since, self._head_bytes = self.loop.time(), 0

    def on_headers_complete(self) -> None:
        """Note when its body begins."""
        super().on_headers_complete()
        self._head_since = None
        self._body_since, self._body_bytes = self.loop.time(), 0

    def on_body(self, body: bytes) -> None:
        """Count what comes of the body."""
        super().on_body(body)
        self._body_bytes += len(body)

    def on_message_complete(self) -> None:
        """Note that the request is here."""
        super().on_message_complete()
        self._body_since = None

    def pause_writing(self) -> None:
        """Note that the client does not take its answer."""
        super().pause_writing()
        self._unread_since = self.loop.time()

    def resume_writing(self) -> None:
        """Note that it does again."""
        super().resume_writing()
        self._unread_since = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answer what is no HTTP as every other error is answered."""
        self._refuse(MalformedRequest("This is not HTTP as this server reads it."))

    def _look_later(self) -> None:
        self._looks = self.loop.call_later(SECONDS_BETWEEN_LOOKS, self._look)

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        now = self.loop.time()
        if self._unread_since is not None and now - self._unread_since > UNREAD_SECONDS:
            self.transport.abort()
        elif self.flow.read_paused:  # it is us who do not read
            self._body_since = self._body_since and now
            self._look_later()
        elif self._head_since is not None and now - self._head_since > HEAD_SECONDS:
            self._refuse(RequestTimeout("The head of the request did not come in time."))
        elif self._body_since is not None and now - self._body_since > BODY_SECONDS:
            self._check_speed(now)
        else:
            self._look_later()

    def _check_speed(self, now: float) -> None:
        if self._body_bytes < LEAST_BODY_BYTES:
            self._refuse(RequestTimeout("The body of the request comes too slowly."))
            return
        self._body_since, self._body_bytes = now, 0
        self._look_later()

    def _refuse(self, error: DatelineError) -> None:
        """Answer, if no answer has begun, and close the connection."""
        if self.transport.is_closing():
            return
        running = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not running:
            self.transport.write(_write_answer(error))
        self.transport.close()


def _write_answer(error: DatelineError) -> bytes:
    problem: dict[str, Any] = error.render("none")  # no request was read that could bear an id
    body = orjson.dumps(problem)
    head = (
        f"HTTP/1.1 {error.status} {error.title}\r\nContent-Type: {PROBLEM_JSON}\r\n"
        f"Content-Length: {len(body)}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
