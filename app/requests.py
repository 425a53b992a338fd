"""What every endpoint asks of a request: parameters that exist, a body as bytes, a number for the log.

Dependencies that neither wait nor compute are `async def` here and elsewhere: FastAPI sends each plain `def`
to the thread pool, and those hops were 13 % of what storing an article cost.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import NAME_SHOWN, FieldError, UnknownParameter
from app.logs import REQUEST_ID


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse query parameters that the endpoint does not document: a typing error must not widen a search."""
    if not request.query_params:
        return
    known = _list_query_parameters(request.app)[request.scope["route"].operation_id]
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise UnknownParameter(
            "The endpoint has no such query parameter.",
            errors=[
                FieldError(field=name[:NAME_SHOWN], message="unknown parameter") for name in unknown[:10]
            ],
        )


def _list_query_parameters(app: FastAPI) -> dict[str, frozenset[str]]:
    """List the documented query parameters of each operation, once for the application."""
    if not hasattr(app.state, "query_parameters"):
        app.state.query_parameters = {
            operation["operationId"]: frozenset(
                parameter["name"]
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "query"
            )
            for operations in app.openapi()["paths"].values()
            for operation in operations.values()
        }
    found: dict[str, frozenset[str]] = app.state.query_parameters
    return found


async def read_body(request: Request) -> bytes:
    """Return the body as bytes. Async, because Starlette reads bodies that way only."""
    return await request.body()


Body = Annotated[bytes, Depends(read_body)]


class RequestFrame:
    """Gives every request an id and a bounded body, and every answer that id and the common headers."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with `scope["state"]["request_id"]` set."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        REQUEST_ID.set(request_id)
        scope.setdefault("state", {})["request_id"] = request_id
        await self.app(
            scope,
            _bound_body(scope, receive, self.max_body_bytes),
            _add_headers(scope, send, request_id.encode()),
        )


def _bound_body(scope: Scope, receive: Receive, limit: int) -> Receive:
    """Stop reading at the limit, and before the first byte where the headers say that it cannot be taken.

    Starlette's own limit answers in plain text where Content-Length says it all, so it is not used. The
    errors are Starlette's, since FastAPI turns any other exception met while reading a body into a 400.
    """
    headers = Headers(scope=scope)
    declared, encoding = headers.get("content-length", ""), headers.get("content-encoding", "identity")
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        if declared.isascii() and declared.isdigit() and int(declared) > limit:
            raise HTTPException(413)
        if encoding.strip().lower() != "identity":
            raise HTTPException(415)
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(413)
        return message

    return receive_bounded


def _add_headers(scope: Scope, send: Send, request_id: bytes) -> Callable[[Message], Awaitable[None]]:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message.get("headers", ()),
                (b"x-request-id", request_id),
                (b"x-content-type-options", b"nosniff"),
            ]
            if scope["app"].state.stopping.is_set():  # the next request must not meet a closed door
                message["headers"].append((b"connection", b"close"))
        await send(message)

    return send_with_headers
