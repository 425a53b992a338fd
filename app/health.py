"""Whether the server lives, and whether it can serve.

Neither needs a thread of the pool that runs the endpoints: those may all be waiting for the database.
"""

import asyncio
import shutil
import threading
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import Request
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlmodel import Session, col

from app.changes import get_last_seq
from app.database import UNAVAILABLE, Replica, explain, is_migrated, is_writable, read_session
from app.errors import DatelineError, InternalError, NotReady, document_errors
from app.requests import make_router
from app.settings import Settings
from app.tables import Change

SECONDS_TO_CATCH_UP = 1.0
# A server that cannot serve says so within five seconds.
PROBE_SECONDS = 4.0
# Less room than this is as good as none: SQLite's log alone grows to 4 MB between checkpoints.
LEAST_FREE_BYTES = 8 * 1024 * 1024

router = make_router("/health", "health")


class ReplicaState(BaseModel):
    """How the replica that serves reads stands to the primary."""

    reached: bool
    changes_behind: int | None
    seconds_behind: float | None


class Health(BaseModel):
    """The answer of a healthy server."""

    status: Literal["ok"]
    replica: ReplicaState | None = None


@router.get(
    "/live",
    operation_id="check_live",
    responses=document_errors(InternalError),
    response_model_exclude_none=True,
)
async def check_live() -> Health:
    """Tell that the process answers; it says nothing of the database."""
    return Health(status="ok")


@router.get(
    "/ready",
    operation_id="check_ready",
    responses=document_errors(NotReady),
    response_model_exclude_none=True,
)
async def check_ready(request: Request) -> Health:
    """Tell whether requests can be served: the database reached and its write lock free, its schema current,
    room on the disk, the search index caught up. With a replica: how far that is behind."""
    state = request.app.state
    if state.stopping.is_set():
        raise _refuse("The server is stopping.")
    probe: Future[Health] | None = getattr(state, "probe", None)
    if probe is None or probe.done():  # else it is the answer to this request too
        probe = state.probe = Future()
        threading.Thread(target=_probe, args=(state, probe), name="dateline-probe", daemon=True).start()
    try:
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(probe)), PROBE_SECONDS)
    except TimeoutError:
        raise _refuse("The database does not answer.") from None


def _refuse(detail: str) -> NotReady:
    return NotReady(detail, headers={"Retry-After": "1"})


def _probe(state: Any, outcome: "Future[Health]") -> None:
    try:
        outcome.set_result(_check(state))
    except UNAVAILABLE as error:
        outcome.set_exception(_refuse(f"The database cannot be used: {explain(error)}"))
    except BaseException as error:
        outcome.set_exception(error)


def _check(state: Any) -> Health:
    """Try all that requests need; raises NotReady, or the database's error."""
    if not is_migrated(state.engine):
        raise _refuse("The database has another schema than this program.")
    if (full := _find_full_folder(state.settings)) is not None:
        raise _refuse(f"The disk of the {full} is full.")
    try:
        # As a write, so that it needs the write lock and the thread that commits.
        last_seq = state.commits.run(_try_to_write)
    except DatelineError as error:
        raise _refuse(error.detail) from error
    # An index that is a moment behind is no fault; one that does not get there has a backlog.
    if not state.follower.wait_for(last_seq, SECONDS_TO_CATCH_UP):
        raise _refuse("The search index is catching up.")
    return Health(status="ok", replica=describe_replica(state) if state.replica else None)


def _try_to_write(session: Session) -> int:
    """Come as far as a write does before it writes; return the last seq."""
    if not is_writable(session.connection()):
        raise _refuse("The database takes no writes: it is a standby, or set to read only.")
    return get_last_seq(session)


def _find_full_folder(settings: Settings) -> str | None:
    """Name the folder that has no room left for what is written to it."""
    folders = {"data folder": settings.data_dir, "search index": settings.effective_index_dir}
    for name, folder in folders.items():
        if folder.exists() and shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
            return name
    return None


def describe_replica(state: Any) -> ReplicaState:
    """Tell how far the replica is behind, by what it lacks: the age of the first change it has not got."""
    replica: Replica = state.replica
    session = replica.find_session()
    if session is None:
        return ReplicaState(reached=False, changes_behind=None, seconds_behind=None)
    with session:
        reached = get_last_seq(session)
    with read_session(state.engine) as primary:
        return _measure_lag(primary, reached)


def _measure_lag(primary: Session, reached: int) -> ReplicaState:
    missing = select(func.count(), func.min(Change.at)).where(col(Change.seq) > reached)
    count, since = primary.execute(missing).one()
    seconds = (datetime.now(UTC) - since).total_seconds() if since else 0.0
    return ReplicaState(reached=True, changes_behind=count, seconds_behind=max(0.0, seconds))
