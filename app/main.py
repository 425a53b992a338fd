"""The application: its routers are the API at a glance; errors and requests are framed here, once."""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from app import health
from app.articles import endpoints as articles
from app.articles import provenance
from app.changes import ChangeWatch
from app.changes import endpoints as changes
from app.commits import GroupCommit
from app.database import UNAVAILABLE, Replica, explain, make_engine, make_replica_engine
from app.documentation import DESCRIPTION, describe_api
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
from app.ingest import endpoints as ingest
from app.ingest.articles import dump_json
from app.requests import RequestFrame, refuse_unknown_parameters
from app.search import endpoints as search
from app.settings import Settings
from app.shutdown import watch_for_stop
from app.web import is_for_a_page, mount_pages, show_error

logger = logging.getLogger("dateline")


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application; its database must have the schema (`dateline serve` sees to that)."""
    settings = settings or Settings()
    app: FastAPI = FastAPIOffline(
        title="Dateline", version="1", description=DESCRIPTION, lifespan=_run, redirect_slashes=False
    )
    app.state.settings = settings
    app.state.stopping = threading.Event()
    v1 = APIRouter(prefix="/v1")
    for part in (ingest.router, articles.router, provenance.router, search.router, changes.router):
        v1.include_router(part)
    for router in (v1, health.router):
        app.include_router(router, dependencies=[Depends(refuse_unknown_parameters)])
    app.add_exception_handler(DatelineError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_framework_error)
    for unavailable in (*UNAVAILABLE, DBAPIError):
        app.add_exception_handler(unavailable, _answer_database_error)
    app.add_exception_handler(Exception, _answer_fault)
    app.add_middleware(RequestFrame, max_body_bytes=settings.max_body_bytes)
    mount_pages(app)
    describe_api(app)
    return app


def _announce(app: FastAPI) -> None:
    """Wake whoever follows the changes."""
    app.state.follower.wake()
    app.state.watch.wake()


@asynccontextmanager
async def _run(app: FastAPI) -> AsyncIterator[None]:
    """Hold the database and the search index for as long as the application runs."""
    settings: Settings = app.state.settings
    app.state.stopping.clear()
    watch_for_stop(app.state.stopping)
    app.state.engine = make_engine(settings)
    replica = make_replica_engine(settings)
    app.state.replica = Replica(replica) if replica else None
    app.state.follower = Follower(app.state.engine, settings.effective_index_dir)
    app.state.watch = ChangeWatch(app.state.engine, app.state.stopping)
    app.state.commits = GroupCommit(app.state.engine, after_commit=partial(_announce, app))
    app.state.follower.start()
    app.state.commits.start()
    try:
        yield
    finally:
        app.state.stopping.set()
        app.state.commits.stop()
        await app.state.watch.stop()
        app.state.follower.stop()
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
        405: MethodNotAllowed("The address does not take this method.", headers=dict(error.headers or {})),
        413: BodyTooLarge("The body is larger than this server takes.", headers={"Connection": "close"}),
        415: UnsupportedMediaType(
            "Send the body without Content-Encoding.", headers={"Accept-Encoding": "identity"}
        ),
    }
    return _write_problem(
        request, known.get(error.status_code) or InternalError("The request cannot be served.")
    )


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
