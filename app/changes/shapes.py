"""The shapes of the change feed: what the API documents, and what it is made of inside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from fastapi.sse import format_sse_event
from pydantic import BaseModel, Field
from sqlalchemy import Row


class ChangeKind(StrEnum):
    """What happened to an article."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    MERGED = "merged"


class ChangeRead(BaseModel):
    """An entry of the change feed."""

    seq: int = Field(description="Its number: entries have consecutive numbers, in the order of commits.")
    kind: ChangeKind
    article_id: int
    version: int = Field(description="The version that the article had then.")
    fields: list[str] = Field(description="The fields that an update, or a change of story, changed.")
    at: datetime


class ChangeList(BaseModel):
    """A page of the change feed. Ask again with `since` = `next`, or `last_seq` where that is null."""

    items: list[ChangeRead]
    next: str | None = Field(description="The `since` of the next page; null if there is none yet.")
    last_seq: int = Field(description="The newest entry's seq when the page was read.")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is served; rendered once, however many follow."""

    seq: int
    kind: str
    json: bytes
    event: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Entries after a seq, and how far that is: the next page begins after `reached`."""

    entries: Sequence[Entry]
    last_seq: int
    reached: int
    is_last: bool

    def render(self) -> bytes:
        """Render the page as a `ChangeList`."""
        items = b",".join(entry.json for entry in self.entries)
        following = b"null" if self.is_last else b'"%d"' % self.reached
        return b'{"items":[%b],"next":%b,"last_seq":%d}' % (items, following, self.last_seq)


def make_entry(row: Row[Any]) -> Entry:
    """Render a row of `changes` as JSON, and as an event of a stream."""
    json = orjson.dumps(
        {name: getattr(row, name) for name in ChangeRead.model_fields},
        option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS,
    )
    event = format_sse_event(data_str=json.decode(), event=row.kind, id=str(row.seq))
    return Entry(row.seq, row.kind, json, event)


def make_page(found: Sequence[Entry], *, since: int, limit: int, last_seq: int) -> Page:
    """Make a page of the entries after `since`, of which one more than fits says that others follow."""
    is_last = len(found) <= limit
    entries = found[:limit]
    # A reader may be ahead of the store, if that was restored from an older copy: it must not be sent back.
    reached = max(since, last_seq) if is_last else entries[-1].seq
    return Page(entries, last_seq, reached, is_last)
