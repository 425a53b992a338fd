"""The application: its routers are the API at a glance; errors and requests are framed here, once."""

import asyncio
import ctypes
import gc
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import feeds, health, monitoring, reference
from app.articles import endpoints as articles
from app.articles import exports, provenance
from app.articles.stored import StoredReads, find_nothing, find_stored, open_reader
from app.changes import ChangeWatch
from app.changes import endpoints as changes
from app.commits import GroupCommit
from app.compression import Compression
from app.database import UNAVAILABLE, Replica, explain, make_engine, make_replica_engine
from app.documentation import DESCRIPTION, describe_api, list_methods
from app.errors import (
    PROBLEM_JSON,
    BodyTooLarge,
    DatabaseBusy,
    DatelineError,
    InternalError,
    InvalidParameter,
    InvalidPayload,
    MalformedRequest,
    MethodNotAllowed,
    NotFound,
    UnsupportedMediaType,
    list_field_errors,
)
from app.index import Follower
from app.ingest import batch, recleaning
from app.ingest import endpoints as ingest
from app.ingest.articles import dump_json
from app.ingest.batch import MOST_AT_A_TIME
from app.ingest.cleaners import Cleaners
from app.keys import KeyRing
from app.keys import endpoints as keys
from app.limits import Limits
from app.logs import AccessLog
from app.metrics import RequestMeter
from app.requests import RequestFrame
from app.search import endpoints as search
from app.settings import Settings, read_list
from app.shutdown import watch_for_stop
from app.stories import endpoints as stories
from app.web import is_for_a_page, mount_pages, show_error

logger = logging.getLogger("dateline")

M_ARENA_MAX = -8  # of malloc.h

# Headers of answers that scripts of other origins may read, where those are let in.
EXPOSED_HEADERS = [
    "ETag",
    "Link",
    "Location",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "X-Request-ID",
    "Dateline-Seq",
    "Idempotent-Replayed",
]


PARTS = (
    articles,
    recleaning,
    batch,
    ingest,
    provenance,
    search,
    stories,
    feeds,
    changes,
    exports,
    keys,
    health,
    monitoring,
    reference,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application; its database must have the schema (`dateline serve` sees to that)."""
    settings = settings or Settings()
    app = FastAPI(
        title="Dateline",
        version="1",
        description=DESCRIPTION,
        lifespan=_run,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        # To look at each request whether somebody traces it cost as much as to find an article.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = settings
    app.state.stopping = threading.Event()
    app.state.limits = Limits(settings)
    app.state.query_parameters = {}
    # The routes themselves: of a router that is included, FastAPI makes each once more for every application,
    # when the first request comes, and looks through all of them twice for every other one.
    for part in PARTS:
        app.router.routes.extend(part.router.routes)
    app.add_exception_handler(DatelineError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_framework_error)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)
    for unavailable in (*UNAVAILABLE, DBAPIError):
        app.add_exception_handler(unavailable, _answer_database_error)
    app.add_exception_handler(Exception, _answer_fault)
    _add_middleware(app, settings)
    reference.mount_assets(app)
    mount_pages(app)
    describe_api(app)
    return app


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """Put round the application what happens to every request; what is added last comes first."""
    app.add_middleware(StoredReads)
    app.add_middleware(Compression)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=read_list(settings.cors_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["*"],
            expose_headers=EXPOSED_HEADERS,
        )
    # With other origins let in, a stored answer is not whole without their headers.
    app.add_middleware(
        RequestFrame, settings=settings, find_stored=find_nothing if settings.cors_origins else find_stored
    )
    if settings.access_log:
        app.add_middleware(AccessLog)
    app.add_middleware(RequestMeter)
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=read_list(settings.trusted_proxies))


def _announce(app: FastAPI) -> None:
    """Wake whoever follows the changes."""
    app.state.follower.wake()
    app.state.watch.wake()


def _share_heaps() -> None:
    """Have all threads take their memory from two heaps, where the C library can be told so (glibc).

    It would give many threads one each, which keeps what its largest answer took: after a minute of
    benchmarks/soak.py on 100,000 articles a worker had 344 MB, so it has 259.
    """
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


@asynccontextmanager
async def _run(app: FastAPI) -> AsyncIterator[None]:
    """Hold the database and the search index for as long as the application runs."""
    settings: Settings = app.state.settings
    _share_heaps()
    app.state.stopping.clear()
    watch_for_stop(app.state.stopping)
    app.state.engine = make_engine(settings)
    replica = make_replica_engine(settings)
    app.state.replica = Replica(replica) if replica else None
    app.state.stored_reader = open_reader(app.state.engine)
    app.state.follower = Follower(app.state.engine, settings.effective_index_dir)
    app.state.watch = ChangeWatch(app.state.engine, app.state.stopping)
    app.state.commits = GroupCommit(app.state.engine, after_commit=partial(_announce, app))
    app.state.cleaners = Cleaners()
    app.state.batch_slots = asyncio.Semaphore(MOST_AT_A_TIME)
    app.state.follower.start()
    app.state.commits.start()
    app.state.keys = KeyRing(app.state.engine)
    marking = asyncio.create_task(app.state.keys.keep_marking(app.state.commits), name="dateline-key-marks")
    # What has been loaded stays: to look through it again and again for garbage was a tenth of a request.
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        app.state.stopping.set()
        app.state.cleaners.close()
        marking.cancel()
        await asyncio.to_thread(app.state.keys.write_marks, app.state.commits)
        app.state.commits.stop()
        await app.state.watch.stop()
        app.state.follower.stop()
        if app.state.stored_reader is not None:
            app.state.stored_reader.close()
        app.state.engine.dispose()
        if replica:
            replica.dispose()


def _write_problem(request: Request, error: DatelineError) -> Response:
    if is_for_a_page(request):
        return show_error(request, error)
    # dump_json, since a ledger may quote lone surrogates.
    body = dump_json(error.render(request.state.request_id))
    return Response(body, error.status, error.headers, media_type=PROBLEM_JSON)


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DatelineError)
    return _write_problem(request, error)


async def _answer_invalid_request(request: Request, error: Exception) -> Response:
    """Sort what FastAPI found wrong: parameters are 400, another type of body 415, JSON that is none 400."""
    assert isinstance(error, RequestValidationError)
    faults = list(error.errors())
    if any(fault["loc"][0] != "body" for fault in faults):
        refused: DatelineError = InvalidParameter(
            "A parameter has an impossible value.", errors=list_field_errors(faults)
        )
    elif any(fault["type"] == "json_invalid" for fault in faults):
        refused = MalformedRequest("The body is not valid JSON.")
    elif not _claims_json(request):
        refused = UnsupportedMediaType("Send application/json.")
    else:
        refused = InvalidPayload("The body has invalid fields.", errors=list_field_errors(faults))
    return _write_problem(request, refused)


def _claims_json(request: Request) -> bool:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


async def _answer_framework_error(request: Request, error: Exception) -> Response:
    """Write the errors of Starlette and FastAPI themselves as ours."""
    assert isinstance(error, HTTPException)
    known: dict[int, DatelineError] = {
        400: MalformedRequest("The body cannot be read."),
        404: NotFound("There is nothing at this address."),
        405: MethodNotAllowed(
            "The address does not take this method.", headers=_list_allowed(request, error)
        ),
        413: BodyTooLarge("The body is larger than this server takes.", headers={"Connection": "close"}),
        415: UnsupportedMediaType("Send the body as it is, or in gzip.", headers={"Accept-Encoding": "gzip"}),
    }
    return _write_problem(
        request, known.get(error.status_code) or InternalError("The request cannot be served.")
    )


def _list_allowed(request: Request, error: HTTPException) -> dict[str, str]:
    """Name all methods of the address: Starlette names those of the first route that has it."""
    methods = list_methods(request.app, request.scope["path"]) if error.status_code == 405 else []
    return {"Allow": ", ".join(methods)} if methods else dict(error.headers or {})


async def _answer_nobody(request: Request, _error: Exception) -> Response:
    """Answer a client that went away while it sent its body: no fault of ours, and nobody reads it."""
    return _write_problem(request, MalformedRequest("The body did not arrive."))


async def _answer_database_error(request: Request, error: Exception) -> Response:
    """Answer 503 when the database is locked, full or away: nothing was stored, and a retry may succeed."""
    if not isinstance(error, UNAVAILABLE) and not getattr(error, "connection_invalidated", False):
        raise error
    logger.warning("database unavailable, request %s: %s", request.state.request_id, explain(error))
    return _write_problem(
        request, DatabaseBusy("The database cannot take the request now.", headers={"Retry-After": "1"})
    )


async def _answer_fault(request: Request, _error: Exception) -> Response:
    """Answer 500 without any detail; the server logs the exception under the request's id."""
    logger.error("fault in request %s", request.state.request_id)
    return _write_problem(
        request, InternalError("Something went wrong here; the log has it under this request_id.")
    )
