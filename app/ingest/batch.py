"""POST /v1/ingest/batch: lines of JSON stream in, receipts stream out while they do.

Three tasks work at once, each as fast as the next one takes what it has made: reading and cutting lines,
storing what has been prepared (`app.ingest.cleaners`), and sending receipts. Between the first two lie only a
few groups of lines. Receipts that the client does not read yet go to a file: a client that reads none before
it has sent everything must not bring the batch to a stop, nor fill the memory.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Annotated

import orjson
from anyio import to_thread
from fastapi import Query, Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from app.commits import Commits, GroupCommit
from app.database import UNAVAILABLE, explain
from app.errors import (
    BatchInterrupted,
    BodyTooLarge,
    DatabaseBusy,
    DatelineError,
    FieldError,
    InvalidKey,
    InvalidPayload,
    KeyRequired,
    MalformedRequest,
    ScopeMissing,
    UnsupportedMediaType,
    document_errors,
)
from app.ingest.articles import OnDuplicate
from app.ingest.cleaners import Cleaners
from app.ingest.lines import Grouper, Line, LineSplitter, Prepared
from app.ingest.storing import BUSY, Group, Receipt, describe_refusal, store_lines, take_prepared
from app.keys import Writer
from app.requests import make_router

_log = logging.getLogger(__name__)

router = make_router("/v1", "ingest")

CODINGS = ("identity", "gzip", "x-gzip")
NDJSON = "application/x-ndjson"
LINE_TYPES = (NDJSON, "application/jsonl", "application/ndjson", "application/x-jsonlines")
# A client that sends lines one by one waits no longer than this for the receipt of one to be begun with.
LINGER_SECONDS = 0.05
# How often a batch looks whether the server stops, and how long its client may say nothing: less than the
# connection bears (`app.connections`), so that the batch can still say why it ends.
POLL_SECONDS = 0.5
SILENT_SECONDS = 15.0
PROXY_HEADERS = frozenset({b"forwarded", b"via", b"x-forwarded-for"})
# Receipts that are not sent yet: so much of them stays in memory.
RECEIPTS_IN_MEMORY = 1024 * 1024
SENT_AT_ONCE = 64 * 1024
# Batches taken at a time by one process; each holds some megabytes.
MOST_AT_A_TIME = 8
NOT_READ = "This line and all after it were not read."
SEND_AGAIN = NOT_READ + " Send them again."


class BatchReceipt(BaseModel):
    """What became of one line of a batch; one JSON object a line, in the order of the lines."""

    line: int = Field(
        description="Number of the line, counted from 1; blank lines count, and get no receipt."
    )
    status: int = Field(description="As `/v1/ingest` would answer: 201, 200, 400, 409, 413, 422, 500 or 503.")
    article_id: int | None = None
    version: int | None = None
    seq: int | None = None
    duplicate_of: int | None = Field(None, description="The article that it is a copy of, where it is one.")
    code: str | None = Field(None, description="Of the problem, where there is one.")
    detail: str | None = None
    errors: list[FieldError] | None = None
    retry: bool | None = Field(None, description="True if the line can be sent again as it is.")


@router.post(
    "/ingest/batch",
    operation_id="ingest_batch",
    response_class=Response,
    responses={
        200: {
            "description": "A receipt for each line, streamed.",
            "content": {NDJSON: {"schema": {"$ref": "#/components/schemas/BatchReceipt"}}},
        },
        **document_errors(
            KeyRequired, InvalidKey, ScopeMissing, BodyTooLarge, UnsupportedMediaType, InvalidPayload
        ),
    },
    openapi_extra={
        "requestBody": {"required": True, "content": {NDJSON: {"schema": {"type": "string"}}}},
    },
)
async def ingest_batch(
    request: Request,
    commits: Commits,
    writer: Writer,
    on_duplicate: Annotated[
        OnDuplicate,
        Query(description="`link` gives the stored article back, `reject` answers 409, `new` stores a copy."),
    ] = OnDuplicate.LINK,
) -> Response:
    """Store many articles: one JSON object a line, each answered by a receipt.

    A line is the JSON of `/v1/ingest`, or `{"article": {…}}` already structured, as `/v1/export` writes it. A
    line that cannot be taken never stops the others.
    """
    _check_headers(request)
    return _BatchResponse(request, commits, on_duplicate, writer.source)


def _check_headers(request: Request) -> None:
    """Refuse what is no stream of lines before any of it is read."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        raise InvalidPayload(f"Send one JSON object a line, as {NDJSON}; this is one JSON document.")
    if kind not in LINE_TYPES:
        raise UnsupportedMediaType(f"Send {NDJSON}.")
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in CODINGS:
        raise UnsupportedMediaType(
            "Send the body as it is, or in gzip.", headers={"Accept-Encoding": "gzip, identity"}
        )
    limit = request.app.state.settings.max_batch_bytes
    declared = request.headers.get("Content-Length", "")
    if limit is not None and declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge("The batch is larger than this server takes.", headers={"Connection": "close"})


class _BatchResponse(Response):
    """The answer, which reads the request while it is written.

    Not Starlette's StreamingResponse: that listens for the client's going away, and so would take the body.
    """

    def __init__(
        self, request: Request, commits: GroupCommit, on_duplicate: OnDuplicate, source: str | None
    ) -> None:
        super().__init__(media_type=NDJSON)
        self._state = request.app.state
        self._commits = commits
        self._on_duplicate = on_duplicate
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the batch and answer it."""
        # The frame's own bounds what is held in memory; a batch bounds its lines.
        intake = _Intake(scope["state"].get("receive_unbounded", receive), self._state, self._source)
        outbox = _Outbox()
        async with self._state.batch_slots:
            if not _came_through_a_proxy(scope):
                intake.may_answer.set()
            sending = asyncio.create_task(self._answer(intake, outbox, send))
            try:
                await self._store_all(intake, outbox)
                intake.may_answer.set()
                outbox.close()
                await sending
            finally:
                intake.close()
                sending.cancel()
                outbox.discard()

    async def _answer(self, intake: "_Intake", outbox: "_Outbox", send: Send) -> None:
        await intake.may_answer.wait()
        headers = [(b"content-type", NDJSON.encode()), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await outbox.send_all(send)

    async def _store_all(self, intake: "_Intake", outbox: "_Outbox") -> None:
        """Read, prepare and store group after group, and write their receipts in order."""
        cleaners: Cleaners = self._state.cleaners
        # Some groups in advance, so that neither the children nor the database wait for each other.
        groups: asyncio.Queue[Group | None] = asyncio.Queue(2 * cleaners.count)
        pending: deque[Group] = deque()

        async def prepare_all() -> None:
            async for lines in intake.read_groups():
                await groups.put((lines, cleaners.prepare(lines)))
            await groups.put(None)

        async with asyncio.TaskGroup() as tasks:
            preparing = tasks.create_task(prepare_all())
            while await _take_groups(groups, pending):
                await asyncio.wrap_future(pending[0][1])
                if intake.is_gone or not await self._store_lines(*take_prepared(pending), outbox):
                    break
            else:
                if intake.ending is not None:
                    outbox.add([describe_refusal(intake.number, intake.ending)])
            preparing.cancel()
        while not groups.empty():
            if (group := groups.get_nowait()) is not None:
                pending.append(group)
        for _, outcome in pending:
            outcome.cancel()

    async def _store_lines(self, lines: list[Line], prepared: list[Prepared], outbox: "_Outbox") -> bool:
        """Store lines and write their receipts; tell whether the next ones can be stored too."""
        work = partial(store_lines, self._commits.run, lines, prepared, self._on_duplicate)
        try:
            outbox.add(await to_thread.run_sync(work))
        except (*UNAVAILABLE, DatabaseBusy) as error:
            _log.warning("database unavailable, a batch ends: %s", explain(error))
            refusal = DatabaseBusy(BUSY)
            outbox.add([describe_refusal(line.number, refusal) for line in lines])
            interruption = BatchInterrupted(f"The database cannot take more now. {SEND_AGAIN}")
            outbox.add([describe_refusal(lines[-1].number + 1, interruption)])
            return False
        return True


async def _take_groups(groups: "asyncio.Queue[Group | None]", pending: deque[Group]) -> bool:
    """Let groups wait to be stored, at least one if there is one yet to come; tell whether any waits."""
    while not pending or (len(pending) < groups.maxsize and not groups.empty()):
        group = await groups.get()
        if group is None:
            groups.put_nowait(None)  # to be found again
            break
        pending.append(group)
    return bool(pending)


def _came_through_a_proxy(scope: Scope) -> bool:
    """Tell whether a proxy says that it passes the request on.

    It may pass no more of the body on once an answer begins (nginx 1.22 does not), so such a batch is
    answered when it has been read.
    """
    return any(name in PROXY_HEADERS for name, _ in scope["headers"])


class _Intake:
    """The request's body, cut into groups of lines as it comes."""

    def __init__(self, receive: Receive, state: State, source: str | None) -> None:
        self._receive = receive
        self._stopping: threading.Event = state.stopping
        self._max_bytes: int | None = state.settings.max_batch_bytes
        self._splitter = LineSplitter(state.settings.max_body_bytes, source)
        self._coming: asyncio.Task[Message] | None = None
        self.is_gone = False
        """Whether the client has gone away before its end."""
        self.ending: DatelineError | None = None
        """Why the batch ends before its end."""
        self.may_answer = asyncio.Event()
        """Set once the answer may begin: at the latest when the whole body has come."""

    @property
    def number(self) -> int:
        """The number of the line that has begun, the first that is not in a group."""
        return self._splitter.number

    async def read_groups(self) -> AsyncIterator[list[Line]]:
        """Yield groups of lines until the body ends, or the batch has to."""
        grouper, received, silent = Grouper(), 0, 0.0
        while self.ending is None:
            patience = LINGER_SECONDS if grouper.lines else POLL_SECONDS
            try:
                message = await self._find_message(patience)
            except HTTPException:  # what came is no gzip
                self.ending = MalformedRequest(f"The body is not valid gzip. {NOT_READ}")
                continue
            if message is None:
                if grouper.lines:
                    yield grouper.take()
                silent += patience  # what it takes to hand lines on is not the client's silence
                self.ending = self._find_reason(silent)
                continue
            if message["type"] == "http.disconnect":
                self.is_gone = True
                return
            body, is_last, silent = message.get("body", b""), not message.get("more_body"), 0.0
            if is_last:
                self.may_answer.set()
            received += len(body)
            if self._max_bytes is not None and received > self._max_bytes:
                self.ending = BodyTooLarge(f"The batch is larger than this server takes. {NOT_READ}")
                break
            for group in grouper.add(
                self._splitter.feed(body) + (self._splitter.finish() if is_last else [])
            ):
                yield group
            if is_last:
                break
            self.ending = self._find_reason(silent)
        if grouper.lines:
            yield grouper.take()

    def _find_reason(self, silent: float) -> DatelineError | None:
        if self._stopping.is_set():
            return BatchInterrupted(f"The server is stopping. {SEND_AGAIN}")
        if silent > SILENT_SECONDS:
            return BatchInterrupted(f"Nothing came for {SILENT_SECONDS:.0f} seconds. {SEND_AGAIN}")
        return None

    async def _find_message(self, seconds: float) -> Message | None:
        """Wait so long for the next part of the body."""
        if self._coming is None:
            self._coming = asyncio.ensure_future(self._receive())
        done, _ = await asyncio.wait({self._coming}, timeout=seconds)
        if not done:
            return None
        message, self._coming = self._coming.result(), None
        return message

    def close(self) -> None:
        """Stop waiting for more."""
        if self._coming is not None:
            self._coming.cancel()


class _Outbox:
    """The receipts that are to be sent, in memory or, if the client does not take them, in a file."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(RECEIPTS_IN_MEMORY)  # noqa: SIM115 (closed by discard)
        self._written = self._sent = 0
        self._is_closed = False
        self._changed = asyncio.Event()

    def add(self, receipts: Iterable[Receipt]) -> None:
        """Add receipts, a line each."""
        self._file.seek(self._written)
        self._written += self._file.write(b"".join(orjson.dumps(receipt) + b"\n" for receipt in receipts))
        self._changed.set()

    def close(self) -> None:
        """Say that there will be no more."""
        self._is_closed = True
        self._changed.set()

    async def send_all(self, send: Send) -> None:
        """Send receipts as they come, until the last."""
        while not (self._is_closed and self._sent == self._written):
            await self._changed.wait()
            self._changed.clear()
            while self._sent < self._written:
                self._file.seek(self._sent)
                part = self._file.read(SENT_AT_ONCE)
                self._sent += len(part)
                if self._sent == self._written:
                    self._file.truncate(0)
                    self._sent = self._written = 0
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def discard(self) -> None:
        """Remove the file, if there is one."""
        self._file.close()
