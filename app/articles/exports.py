"""GET /v1/export: all articles that filters choose, in the order of their ids, however many they are.

Ids are found in windows and texts read by the page, each in a short transaction of its own, so that neither
memory nor the database's log grows with the export. It is no snapshot: an article is written as it is when
its page is read, and those stored after the export has begun are left to the next (`after`).
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Annotated, Any

import orjson
from fastapi import Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlalchemy import func, select
from sqlmodel import Session, col

from app.articles.filters import MAX_ID, Filters, list_conditions
from app.articles.withholding import SeesWithheld, refuse_withheld
from app.database import MinSeq, open_read_session
from app.errors import ArticleWithheld, InvalidKey, KeyRequired, ScopeMissing, document_errors
from app.keys import Reader
from app.requests import make_router
from app.tables import Article

router = make_router("/v1", "articles")

OpenSession = Callable[[], AbstractContextManager[Session]]

# Ids looked through by one statement, whose time is bounded with it, and articles in memory at a time.
WINDOW = 10_000
PAGE = 50
CSV_COLUMNS = (
    *("id", "uri", "version", "seq", "status", "language", "source", "domain", "agency", "section"),
    *("published_at", "headline", "kicker", "standfirst", "byline", "authors", "dateline", "tags", "body"),
    *("word_count", "url", "external_id", "created_at", "updated_at", "story_id", "duplicate_of"),
    "modified_at",  # last, so that those before keep their places
)
# A spreadsheet takes a text that begins so for a formula, and would run it (OWASP: CSV injection).
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


class ExportFormat(StrEnum):
    """How an export is written."""

    NDJSON = "ndjson"
    CSV = "csv"


MEDIA_TYPES = {ExportFormat.NDJSON: "application/x-ndjson", ExportFormat.CSV: "text/csv; charset=utf-8"}


class ExportQuery(Filters):
    """Everything that an export can be asked."""

    format: ExportFormat = Field(ExportFormat.NDJSON, description="Lines of JSON, or a table.")
    after: int = Field(0, ge=0, le=MAX_ID, description="Only articles with a greater id: where to go on.")


@router.get(
    "/export",
    operation_id="export_articles",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The articles, streamed.",
            "content": {
                "application/x-ndjson": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        },
        **document_errors(KeyRequired, InvalidKey, ScopeMissing, ArticleWithheld),
    },
    dependencies=[Reader],
)
def export_articles(
    request: Request,
    query: Annotated[ExportQuery, Query()],
    sees_withheld: SeesWithheld,
    min_seq: MinSeq = 0,
) -> StreamingResponse:
    """Export articles in the order of their ids, as lines `{"article": {…}}` or as CSV.

    The lines can be posted to `/v1/ingest/batch` as they are. An export that was cut is resumed with `after`,
    the id of the last article that came whole.
    """
    refuse_withheld(*query.status, sees_withheld=sees_withheld)
    lines = write_export(
        lambda: open_read_session(request.app.state, min_seq),
        query,
        form=query.format,
        after=query.after,
        sees_withheld=sees_withheld,
    )
    return StreamingResponse(lines, media_type=MEDIA_TYPES[query.format])


def write_export(
    open_session: OpenSession,
    filters: Filters,
    *,
    form: ExportFormat = ExportFormat.NDJSON,
    after: int = 0,
    sees_withheld: bool = False,
) -> Iterator[bytes]:
    """Write the articles that the filters choose, some at a time and always whole lines."""
    if form is ExportFormat.CSV:
        yield _write_rows([CSV_COLUMNS])
    for documents in _read_pages(open_session, filters, after=after, sees_withheld=sees_withheld):
        if form is ExportFormat.CSV:
            yield _write_rows(_make_row(orjson.loads(document)) for document in documents)
        else:
            yield "".join(f'{{"article":{document}}}\n' for document in documents).encode()


def _read_pages(
    open_session: OpenSession, filters: Filters, *, after: int, sees_withheld: bool
) -> Iterator[list[str]]:
    """Read the served JSON of the articles, a page at a time."""
    with open_session() as session:
        last = session.execute(select(func.max(col(Article.id)))).scalar() or 0
    for start in range(after, last, WINDOW):
        with open_session() as session:
            ids = _find_ids(session, filters, start=start, end=min(start + WINDOW, last), sees=sees_withheld)
        for first in range(0, len(ids), PAGE):
            with open_session() as session:
                documents = _read_documents(session, ids[first : first + PAGE], filters, sees=sees_withheld)
            if documents:
                yield documents


def _find_ids(session: Session, filters: Filters, *, start: int, end: int, sees: bool) -> list[int]:
    statement = (
        select(col(Article.id))
        .where(col(Article.id) > start, col(Article.id) <= end, *list_conditions(filters, sees_withheld=sees))
        .order_by(col(Article.id))
    )
    return list(session.execute(statement).scalars())


def _read_documents(session: Session, ids: list[int], filters: Filters, *, sees: bool) -> list[str]:
    """Read articles, but none that has been deleted or withheld since it was found."""
    readable = list_conditions(Filters(status=filters.status), sees_withheld=sees)
    statement = (
        select(col(Article.document)).where(col(Article.id).in_(ids), *readable).order_by(col(Article.id))
    )
    return list(session.execute(statement).scalars())


def _make_row(article: dict[str, Any]) -> list[Any]:
    """Make an article's row; a list becomes one cell, its parts divided by semicolons."""
    source, dateline = article["source"] or {}, article["dateline"] or {}
    published_at, modified_at = article["published_at"] or {}, article["modified_at"] or {}
    told = {
        **article,
        "source": source.get("name"),
        "domain": source.get("domain"),
        "dateline": dateline.get("text"),
        "published_at": published_at.get("value"),
        "modified_at": modified_at.get("value"),
        "authors": "; ".join(author["name"] for author in article["authors"]),
        "tags": "; ".join(article["tags"]),
    }
    return [_defuse(told[name]) for name in CSV_COLUMNS]


def _defuse(value: Any) -> Any:
    """Put an apostrophe before what a spreadsheet would run."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _write_rows(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
