"""What every request meets: limits, a bounded body, an id; and what every answer bears.

Dependencies that neither wait nor compute are `async def` here and elsewhere: FastAPI sends each plain `def`
to the thread pool, and those hops were 13 % of what storing an article cost.
"""

import asyncio
import random
import zlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import audit
from app.errors import (
    NAME_SHOWN,
    PROBLEM_JSON,
    FieldError,
    RateLimited,
    TooManyOpenRequests,
    UnknownParameter,
    UntrustedHost,
)
from app.limits import SAFE_METHODS, Limits, read_address
from app.logs import REQUEST_ID
from app.settings import Settings, read_list

UNPACKED_AT_ONCE = 256 * 1024


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse query parameters that the endpoint does not document: a typing error must not widen a search."""
    if not request.query_params:
        return
    known = _list_query_parameters(request)
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise UnknownParameter(
            "The endpoint has no such query parameter.",
            errors=[
                FieldError(field=name[:NAME_SHOWN], message="unknown parameter") for name in unknown[:10]
            ],
        )


def _list_query_parameters(request: Request) -> frozenset[str]:
    """List the query parameters that the request's endpoint documents, once for the application.

    The OpenAPI document names the same, but takes half a second to write: no request may wait for it.
    """
    route: APIRoute = request.scope["route"]
    listed: dict[Callable[..., Any], frozenset[str]] = request.app.state.query_parameters
    if route.endpoint not in listed:
        listed[route.endpoint] = frozenset(_find_query_parameters(route.dependant))
    return listed[route.endpoint]


def _find_query_parameters(dependant: Dependant) -> set[str]:
    own = get_flat_params(Dependant(query_params=dependant.query_params))
    return {field.alias for field in own}.union(*map(_find_query_parameters, dependant.dependencies))


def make_router(prefix: str, tag: str) -> APIRouter:
    """Make the router of a part of the API, whose endpoints refuse what they do not document."""
    return APIRouter(prefix=prefix, tags=[tag], dependencies=[Depends(refuse_unknown_parameters)])


def read_list_header(request: Request, name: str) -> str | None:
    """Read a header that is a list, whose lines are parts of it (RFC 9110 §5.3); None without it."""
    return ", ".join(request.headers.getlist(name)) if name in request.headers else None


async def read_body(request: Request) -> bytes:
    """Return the body as bytes. Async, because Starlette reads bodies that way only."""
    return await request.body()


Body = Annotated[bytes, Depends(read_body)]


# An answer of the API is never to be shown as a page, whatever it holds; our pages load only what is ours.
API_POLICY = b"default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
COMMON_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
# What every answer of the API bears beside its id.
_API_HEADERS = (*COMMON_HEADERS, (b"content-security-policy", API_POLICY))
FindStored = Callable[[Scope], tuple[list[tuple[bytes, bytes]], bytes] | None]
"""Finds headers and body of an answer that needs no work (`app.articles.stored`)."""
_READ_HEADERS = frozenset({b"host", b"authorization", b"content-length", b"content-encoding"})


class RequestFrame:
    """What happens to every request, in one pass and without a hop to a thread.

    It gets an id, is refused if it is for a foreign host or over a limit (`app.limits`), has its body bounded
    and unpacked; its answer gets that id and the common headers, and is logged if it wrote (`app.audit`).
    """

    def __init__(self, app: ASGIApp, settings: Settings, find_stored: FindStored) -> None:
        self.app = app
        self.max_body_bytes = settings.max_body_bytes
        self.hosts = frozenset(host.lower().encode() for host in read_list(settings.trusted_hosts))
        self.find_stored = find_stored

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with `request_id`, and `key` if it is known already, in `scope["state"]`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        # No secret: asking the system for one would hand the interpreter to another thread.
        state["request_id"] = f"{random.getrandbits(64):016x}"
        REQUEST_ID.set(state["request_id"])
        # Of a header that came twice the first counts, as in Starlette.
        headers = {name: value for name, value in reversed(scope["headers"]) if name in _READ_HEADERS}
        address = read_address(scope)
        added: list[tuple[bytes, bytes]] = []
        try:
            if self.hosts and not self._is_ours(headers.get(b"host", b"")):
                raise UntrustedHost("The Host header names another server.")
            server: Any = scope["app"].state
            key = state["key"] = server.keys.find_known(headers.get(b"authorization"))
            limits: Limits = server.limits
            if limits.is_exempt(address):
                await self._serve(scope, receive, send, headers=headers, added=added)
                return
            key_id = key.id if key else None
            standing = await limits.count(scope, address, key_id)
            if standing is not None:
                standing.check()
                added += standing.headers
            with limits.hold_open(address, key_id):
                await self._serve(scope, receive, send, headers=headers, added=added)
        except (UntrustedHost, RateLimited, TooManyOpenRequests) as error:
            problem = error.render(state["request_id"])
            response = JSONResponse(problem, error.status, error.headers, media_type=PROBLEM_JSON)
            await response(scope, receive, _finish(scope, send, address, added))

    async def _serve(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        headers: dict[bytes, bytes],
        added: list[tuple[bytes, bytes]],
    ) -> None:
        """Send what is stored, or have the answer made."""
        if scope["method"] == "HEAD":
            await self._serve_head(scope, send, headers=headers, added=added)
            return
        state, server = scope["state"], scope["app"].state
        if not server.stopping.is_set() and (stored := self.find_stored(scope)) is not None:
            bears = [*stored[0], *_API_HEADERS, (b"x-request-id", state["request_id"].encode()), *added]
            await send({"type": "http.response.start", "status": 200, "headers": bears})
            await send({"type": "http.response.body", "body": stored[1]})
            return
        receive = _unpack_body(headers, receive)
        # For the one endpoint that holds no body in memory and bounds what it reads itself.
        state["receive_unbounded"] = receive
        receive = _bound_body(headers, receive, self.max_body_bytes)
        await self.app(scope, receive, _finish(scope, send, read_address(scope), added))

    async def _serve_head(
        self, scope: Scope, send: Send, *, headers: dict[bytes, bytes], added: list[tuple[bytes, bytes]]
    ) -> None:
        """Answer as GET is answered, but by the head alone (RFC 9110 §9.3.2).

        A stream, whose body would have no end, sees its client go once the head is sent.
        """
        is_sent = asyncio.Event()

        async def receive_end() -> Message:
            await is_sent.wait()
            return {"type": "http.disconnect"}

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["method"] = "HEAD"  # the server sends no body by it, and metrics and logs name it
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                is_sent.set()

        scope["method"] = "GET"
        try:
            await self._serve(scope, receive_end, send_head, headers=headers, added=added)
        finally:
            scope["method"] = "HEAD"

    def _is_ours(self, host: bytes) -> bool:
        name = host.lower() if host.endswith(b"]") else host.rpartition(b":")[0].lower() or host.lower()
        return name in self.hosts or any(
            own.startswith(b"*.") and name.endswith(own[1:]) for own in self.hosts
        )


def _bound_body(headers: dict[bytes, bytes], receive: Receive, limit: int) -> Receive:
    """Stop reading at the limit, and before the first byte where the headers say that it cannot be taken.

    Starlette's own limit answers in plain text where Content-Length says it all, so it is not used. The
    errors are Starlette's, since FastAPI turns any other exception met while reading a body into a 400.
    """
    declared = headers.get(b"content-length", b"")
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        if declared.isdigit() and int(declared) > limit:
            raise HTTPException(413)
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(413)
        return message

    return receive_bounded


def _unpack_body(headers: dict[bytes, bytes], receive: Receive) -> Receive:
    """Unpack a body in gzip; any other coding is refused when the body is read."""
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding in (b"gzip", b"x-gzip"):
        return _GzipBody(receive).receive
    return receive if encoding == b"identity" else _refuse_coding


async def _refuse_coding() -> Message:
    raise HTTPException(415)


class _GzipBody:
    """Unpacks a body piece by piece, so that nobody can make it hold more than one piece."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._packed = b""
        self._is_last = self._is_over = False

    async def receive(self) -> Message:
        """Receive the next message, its body unpacked; raises HTTPException 400 for what is no gzip."""
        while not self._is_over:
            if not self._packed and not self._is_last:
                message = await self._receive()
                if message["type"] != "http.request":
                    return message
                self._packed = message.get("body", b"")
                self._is_last = not message.get("more_body", False)
            piece = self._unpack()
            at_end = self._is_last and not self._packed
            self._is_over = at_end and self._inflater.eof
            if piece or self._is_over:
                return {"type": "http.request", "body": piece, "more_body": not self._is_over}
            if at_end:  # and nothing comes out any more: it was cut off
                raise HTTPException(400)
        return await self._receive()

    def _unpack(self) -> bytes:
        if self._inflater.eof and self._packed:  # gzip files may stand one after the other
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            piece = self._inflater.decompress(self._packed, UNPACKED_AT_ONCE)
        except zlib.error as error:
            raise HTTPException(400) from error
        self._packed = self._inflater.unconsumed_tail or self._inflater.unused_data
        return piece


def _finish(
    scope: Scope, send: Send, address: str, added: list[tuple[bytes, bytes]]
) -> Callable[[Message], Awaitable[None]]:
    """Add the common headers to an answer, and log it."""
    state = scope["state"]

    async def send_finished(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            policy = API_POLICY
            for name, value in headers:
                if name == b"content-type" and value.startswith(b"text/html"):
                    policy = state.get("page_policy", PAGE_POLICY)
            if scope["app"].state.stopping.is_set():  # the next request must not meet a closed door
                headers.append((b"connection", b"close"))
            message["headers"] = [
                *headers,
                *COMMON_HEADERS,
                (b"content-security-policy", policy),
                (b"x-request-id", state["request_id"].encode()),
                *added,
            ]
            if scope["method"] not in SAFE_METHODS or message["status"] in audit.REFUSALS:
                audit.log_request(scope, message, address)
        await send(message)

    return send_finished
