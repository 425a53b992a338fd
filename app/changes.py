"""The change feed: every write of an article is an entry, in the order of `seq`.

The entry is written in the transaction of the write itself, so that neither can be there without the other.
On SQLite only one transaction writes at a time, so a reader never meets a gap that fills later.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import bindparam, func, insert, update
from sqlmodel import Session, col, select

from app.database import ReadSession
from app.errors import document_errors
from app.keys import Reader
from app.paging import DEFAULT_LIMIT, MAX_LIMIT
from app.tables import Article, Change, Counter, get_table

router = APIRouter(tags=["changes"])


# Statements of the hot write path: written once, and run on the connection, since an INSERT through the
# session costs three times as much.
_COUNTERS = get_table(Counter)
_TAKE_NUMBER = (
    update(_COUNTERS)
    .where(_COUNTERS.c.name == bindparam("counter"))
    .values(value=_COUNTERS.c.value + 1)
    .returning(_COUNTERS.c.value)
)
_INSERT_CHANGE = insert(get_table(Change))


class ChangeKind(StrEnum):
    """What happened to an article."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


class ChangeRead(BaseModel):
    """An entry of the change feed."""

    model_config = ConfigDict(from_attributes=True)

    seq: int
    kind: ChangeKind
    article_id: int
    version: int
    fields: list[str]
    at: datetime


class ChangeList(BaseModel):
    """A page of the change feed. Ask again with `since` = the last item's `seq`."""

    items: list[ChangeRead]
    next: str | None
    last_seq: int


def take_number(session: Session, name: str) -> int:
    """Take the next number of a counter; it is given back if the transaction is rolled back."""
    number: int = session.connection().execute(_TAKE_NUMBER, {"counter": name}).scalar_one()
    return number


def append_change(session: Session, article: Article, *, kind: ChangeKind, fields: list[str]) -> None:
    """Append the entry for the article's `seq` in the session's transaction."""
    session.connection().execute(
        _INSERT_CHANGE,
        {
            "seq": article.seq,
            "article_id": article.id,
            "version": article.version,
            "kind": kind,
            "fields": fields,
            "at": article.deleted_at or article.updated_at,
        },
    )


def list_changes(session: Session, *, since: int, limit: int) -> list[Change]:
    """List the entries after `since`, the oldest first."""
    return list(
        session.exec(select(Change).where(col(Change.seq) > since).order_by(col(Change.seq)).limit(limit))
    )


def get_last_seq(session: Session) -> int:
    """Return the seq of the newest entry; 0 in an empty store."""
    return session.exec(select(func.max(Change.seq))).one() or 0


@router.get(
    "/changes",
    response_model=ChangeList,
    operation_id="list_changes",
    responses=document_errors(),
    dependencies=[Reader],
)
def list_changes_since(
    session: ReadSession,
    since: Annotated[int, Query(ge=0, le=2**63 - 1, description="Only entries with a greater seq.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> ChangeList:
    """Follow what happens to the articles: created, updated (with the changed fields), deleted.

    `next` is the `since` of the next page, or null when there is none yet.
    """
    found = list_changes(session, since=since, limit=limit + 1)
    items = [ChangeRead.model_validate(change) for change in found[:limit]]
    next_since = str(items[-1].seq) if len(found) > limit else None
    return ChangeList(items=items, next=next_since, last_seq=get_last_seq(session))
