"""Whether the server lives, and whether it can serve."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from app.changes import get_last_seq
from app.database import is_migrated, read_session
from app.errors import InternalError, NotReady, document_errors

SECONDS_TO_CATCH_UP = 1.0

router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    """The answer of a healthy server."""

    status: Literal["ok"]


@router.get("/live", operation_id="check_live", responses=document_errors(InternalError))
def check_live() -> Health:
    """Tell that the process answers; it says nothing of the database."""
    return Health(status="ok")


@router.get("/ready", operation_id="check_ready", responses=document_errors(NotReady))
def check_ready(request: Request) -> Health:
    """Tell whether requests can be served: database reached, schema current, search index caught up."""
    state = request.app.state
    try:
        migrated = is_migrated(state.engine, state.settings)
        with read_session(state.engine) as session:
            last_seq = get_last_seq(session) if migrated else 0
    except SQLAlchemyError as error:
        raise NotReady("The database cannot be reached.", headers={"Retry-After": "1"}) from error
    if not migrated:
        raise NotReady("The database has another schema than this program.", headers={"Retry-After": "5"})
    # An index that is a moment behind is no fault; one that does not get there has a backlog.
    if not state.follower.wait_for(last_seq, SECONDS_TO_CATCH_UP):
        raise NotReady("The search index is catching up.", headers={"Retry-After": "1"})
    return Health(status="ok")
