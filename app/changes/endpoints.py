"""`GET /v1/changes`: the feed in pages, by long poll, and as a stream of events."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, format_sse_event
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from app.changes.shapes import ChangeKind, ChangeList, Page
from app.changes.watching import ChangeWatch
from app.errors import ChangesPruned, FieldError, InvalidParameter, TooManyFollowers, document_errors
from app.keys import Reader
from app.paging import DEFAULT_LIMIT, MAX_LIMIT
from app.requests import make_router

router = make_router("/v1", "changes")

LONGEST_WAIT = 30
# Proxies commonly close a connection that is silent for 30 to 60 seconds.
HEARTBEAT_SECONDS = 15.0
HEARTBEAT = format_sse_event(comment="heartbeat")
EVENT_STREAM = "text/event-stream"
# A shared cache must not give one form for the other, nginx must not hold events back.
STREAM_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept", "X-Accel-Buffering": "no"}
LARGEST_SEQ = 2**63 - 1

_log = logging.getLogger(__name__)


def _find_watch(request: Request) -> ChangeWatch:
    watch: ChangeWatch = request.app.state.watch
    return watch


Watch = Annotated[ChangeWatch, Depends(_find_watch)]
Since = Annotated[int, Query(ge=0, le=LARGEST_SEQ, description="Only entries with a greater seq.")]
Kinds = Annotated[list[ChangeKind], Query(description="Only entries of these kinds; may repeat.")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Entries of a page; a stream has no end.")]
Wait = Annotated[
    int,
    Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for an entry if there is none after `since`."),
]
LastEventId = Annotated[
    int | None,
    Header(alias="Last-Event-ID", ge=0, le=LARGEST_SEQ, description="Of a stream: goes before `since`."),
]


@router.get(
    "/changes",
    response_model=ChangeList,
    operation_id="list_changes",
    responses={
        200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}},
        **document_errors(ChangesPruned, TooManyFollowers),
    },
    dependencies=[Reader],
)
async def list_changes_since(
    request: Request,
    watch: Watch,
    since: Since = 0,
    limit: Limit = DEFAULT_LIMIT,
    wait: Wait = 0,
    kind: Kinds = [],  # noqa: B006
    last_event_id: LastEventId = None,
) -> Response:
    """Follow what happens to the articles: created, updated (with the changed fields), deleted.

    With `Accept: text/event-stream` the answer is a stream of server-sent events: `id` is the entry's seq,
    `event` its kind, `data` its JSON. A stream goes on where `Last-Event-ID` says.
    """
    if EVENT_STREAM in request.headers.get("Accept", ""):
        return await _open_stream(watch, since=since, kinds=kind, last_event_id=last_event_id)
    page = await watch.read(since=since, limit=limit, kinds=kind)
    if wait and not page.entries:
        page = await _wait_for_entries(watch, page, limit=limit, kinds=kind, seconds=wait)
    return Response(page.render(), media_type="application/json", headers={"Vary": "Accept"})


async def _wait_for_entries(
    watch: ChangeWatch, page: Page, *, limit: int, kinds: list[ChangeKind], seconds: float
) -> Page:
    """Wait for the page after an empty one; it is empty too when the time is over or the server stops."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    with watch.admit():
        while not page.entries and (left := end - clock()) > 0 and not watch.is_closing:
            await watch.wait_beyond(page.reached, left)
            page = await watch.read_on(since=page.reached, limit=limit, kinds=kinds)
    return page


class _ChangeStream(EventSourceResponse):
    """A stream of events that counts as a follower for as long as it is open."""

    def __init__(self, watch: ChangeWatch, page: Page, kinds: list[ChangeKind]) -> None:
        super().__init__(_write_events(watch, page, kinds), headers=STREAM_HEADERS)
        self.watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.watch.admit():
            await super().__call__(scope, receive, send)


async def _open_stream(
    watch: ChangeWatch, *, since: int, kinds: list[ChangeKind], last_event_id: int | None
) -> Response:
    """Open a stream; what can be refused is refused before it begins."""
    start = since if last_event_id is None else last_event_id
    page = await watch.read(since=start, limit=MAX_LIMIT, kinds=kinds)
    if last_event_id is not None and last_event_id > page.last_seq:
        raise InvalidParameter(
            "The feed has never given this Last-Event-ID.",
            errors=[FieldError(field="Last-Event-ID", message="is greater than the newest seq")],
        )
    return _ChangeStream(watch, page, kinds)


async def _write_events(watch: ChangeWatch, page: Page, kinds: list[ChangeKind]) -> AsyncIterator[bytes]:
    """Write the entries of a page and of all that follow, and a heartbeat where there are none."""
    try:
        while not watch.is_closing:
            yield b"".join(entry.event for entry in page.entries) or HEARTBEAT
            if page.is_last:
                await watch.wait_beyond(page.reached, HEARTBEAT_SECONDS)
            page = await watch.read_on(since=page.reached, limit=MAX_LIMIT, kinds=kinds)
    except (SQLAlchemyError, ChangesPruned) as error:
        # The answer has begun, so the status cannot tell. The client comes back and is told then.
        _log.warning("a stream of changes ends: %s", type(error).__name__)
