"""Reading articles: one by id, pages of a list, versions, raw text and ledger."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import select as select_columns
from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from app.articles.filters import DATE_COLUMNS, DateField, Filters, list_conditions
from app.articles.shapes import ArticleRead, Status, VersionKind, VersionSummary
from app.errors import ArticleDeleted, NotFound
from app.formats import opens_with
from app.paging import decode_cursor, encode_cursor, fingerprint_query
from app.tables import Article, ArticleVersion, RawText


class Sort(StrEnum):
    """Order of a list."""

    NEWEST = "newest"
    OLDEST = "oldest"
    UPDATED = "-updated_at"


def get_article(session: Session, article_id: int) -> Article:
    """Return the article; raises NotFound, or ArticleDeleted with the time and reason of its deletion."""
    article = session.get(Article, article_id)
    if article is None:
        raise NotFound("There is no article with this id.")
    if article.deleted_at is not None:
        deleted_at = article.deleted_at.isoformat(timespec="seconds").replace("+00:00", "Z")
        raise ArticleDeleted(
            "The article has been deleted.",
            extension={"deleted_at": deleted_at, "reason": article.deleted_reason},
        )
    return article


def list_documents(
    session: Session,
    filters: Filters,
    *,
    sort: Sort,
    limit: int,
    cursor: str | None,
    whole: bool,
    sees_withheld: bool = False,
) -> tuple[list[str], str | None]:
    """List the served JSON (whole or brief) of a page of articles, and the cursor of the next page."""
    column = DATE_COLUMNS[DateField.UPDATED if sort is Sort.UPDATED else filters.date_field]
    descending = sort is not Sort.OLDEST
    asked = fingerprint_query(
        {**filters.model_dump(mode="json", include=set(Filters.model_fields)), "sort": sort}
    )
    conditions = [*list_conditions(filters, sees_withheld=sees_withheld), column.is_not(None)]
    if cursor is not None:
        written, last_id = decode_cursor(asked, cursor, kinds=(str, int))
        position = tuple_(column, col(Article.id))
        last = tuple_(_read_sort_value(written, filters.date_field, sort), last_id)
        conditions.append(position < last if descending else position > last)
    order = [column.desc(), col(Article.id).desc()] if descending else [column, col(Article.id)]
    text = col(Article.document) if whole else col(Article.brief)
    statement = (
        select_columns(text, column, col(Article.id)).where(*conditions).order_by(*order).limit(limit + 1)
    )
    rows = session.execute(statement).all()
    page = rows[:limit]
    following = encode_cursor(asked, [page[-1][1].isoformat(), page[-1][2]]) if len(rows) > limit else None
    return [row[0] for row in page], following


def _read_sort_value(written: str, date_field: DateField, sort: Sort) -> Any:
    moment = datetime.fromisoformat(written)
    if date_field is DateField.DATELINE and sort is not Sort.UPDATED:
        return moment.date()
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def list_briefs(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Return the brief JSON of these articles by id; deleted and withheld ones are left out."""
    rows = session.execute(
        select_columns(col(Article.id), col(Article.brief)).where(
            col(Article.id).in_(ids),
            col(Article.deleted_at).is_(None),
            col(Article.status) != Status.WITHHELD,
        )
    )
    return {row[0]: row[1] for row in rows}


def list_versions(
    session: Session, article: Article, *, before: int, limit: int, sees_withheld: bool
) -> list[VersionSummary]:
    """List texts that the article has had, the newest first, from those before a version on."""
    columns = [getattr(ArticleVersion, name) for name in VersionSummary.model_fields]
    statement = (
        select_columns(*columns)
        .where(col(ArticleVersion.article_id) == article.id, col(ArticleVersion.version) < before)
        .order_by(col(ArticleVersion.version).desc())
        .limit(limit)
    )
    if not sees_withheld:
        statement = statement.where(col(ArticleVersion.status) != Status.WITHHELD)
    replaced = [VersionSummary.model_validate(row) for row in session.execute(statement)]
    return [*([] if article.version >= before else [_summarise_current(article)]), *replaced][:limit]


def _summarise_current(article: Article) -> VersionSummary:
    return VersionSummary(
        version=article.version,
        kind=VersionKind(article.version_kind),
        fields=article.version_fields,
        status=Status(article.status),
        headline=article.headline,
        word_count=article.word_count,
        updated_at=article.updated_at,
    )


def get_version(session: Session, article: Article, version: int) -> tuple[str, str]:
    """Return the article's JSON as it was served in this version, and its status then; raises NotFound."""
    if version == article.version:
        return article.document, article.status
    # A number beyond the column's own is asked of no database.
    found = session.get(ArticleVersion, (article.id, version)) if version < article.version else None
    if found is None:
        raise NotFound("The article has no such version.")
    return found.document, found.status


def get_raw(session: Session, article: Article) -> RawText:
    """Return the raw text that the article was last made from; raises NotFound if it came structured."""
    raw = session.exec(
        select(RawText).where(RawText.article_id == article.id).order_by(col(RawText.id).desc()).limit(1)
    ).first()
    if raw is None:
        raise NotFound("The article was created already structured: there is no raw text.")
    return raw


def list_blocks(session: Session, article: Article) -> list[dict[str, Any]]:
    """List the article's parts in reading order.

    They come from the cleaning of its raw text; for a text that a client wrote or changed, from its body.
    """
    raw = session.exec(
        select(RawText).where(RawText.article_id == article.id, RawText.version == article.version)
    ).first()
    if raw is not None and not article.edited:
        blocks: list[dict[str, Any]] = orjson.loads(raw.blocks)
        return blocks
    standfirst = None if opens_with(article.body, article.standfirst or "") else article.standfirst
    head = [
        *(("kicker", article.kicker), ("headline", article.headline)),
        *(("standfirst", standfirst), ("byline", article.byline)),
    ]
    body = [("paragraph", text) for text in article.body.split("\n\n")]
    return [{"role": role, "text": text, "line": None} for role, text in (*head, *body) if text]


FIELD_NAMES = frozenset(ArticleRead.model_fields)
