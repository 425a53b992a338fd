"""The writes of an article: each sets the columns, the served JSON, the filter terms and the change entry.

All of it happens in the caller's transaction. What cleaning does with a raw text is decided before, outside
of it: a transaction on SQLite holds the only write lock.
"""

import uuid
from datetime import UTC, date, datetime, time
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, insert
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from app.analysis import fold_name
from app.articles.edits import note_edits
from app.articles.shapes import (
    EXCERPT_LENGTH,
    ArticleContent,
    ArticleRead,
    ArticleSummary,
    CleaningSummary,
    Status,
    VersionKind,
    find_moment,
    write_json,
)
from app.changes import ChangeKind, append_change, take_number
from app.cleaning import count_words, fingerprint_text
from app.tables import Article, ArticleTerm, ArticleVersion, RawText, get_table

_INSERT_ARTICLE = insert(get_table(Article))
_INSERT_TERM = insert(get_table(ArticleTerm))
_ARTICLES = get_table(Article)
_FIRST_COPY = (
    select_columns(_ARTICLES.c.id, _ARTICLES.c.story_id)
    .where(
        _ARTICLES.c.fingerprint == bindparam("fingerprint"),
        _ARTICLES.c.deleted_at.is_(None),
        _ARTICLES.c.duplicate_of.is_(None),
    )
    .order_by(_ARTICLES.c.id)
    .limit(1)
)


_BY_EXTERNAL_ID = (
    select_columns(_ARTICLES.c.id)
    .where(
        _ARTICLES.c.external_id == bindparam("external_id"),
        _ARTICLES.c.source_name.is_not_distinct_from(bindparam("source_name")),
        _ARTICLES.c.deleted_at.is_(None),
    )
    .order_by(_ARTICLES.c.id)
    .limit(1)
)
_RAWS = get_table(RawText)
_BY_RAW = (
    select_columns(_ARTICLES.c.id)
    .join(_RAWS, _RAWS.c.article_id == _ARTICLES.c.id)
    .where(_RAWS.c.sha256 == bindparam("sha256"), _ARTICLES.c.deleted_at.is_(None))
    .order_by(_ARTICLES.c.id)
    .limit(1)
)


def find_by_external_id(session: Session, source_name: str | None, external_id: str | None) -> Article | None:
    """Find the article that the source calls by this id."""
    if external_id is None:
        return None
    values = {"external_id": external_id, "source_name": source_name}
    return _find_article(session, session.connection().execute(_BY_EXTERNAL_ID, values).scalar())


def find_by_raw(session: Session, sha256: str) -> Article | None:
    """Find the earliest article that was made from exactly this raw text."""
    return _find_article(session, session.connection().execute(_BY_RAW, {"sha256": sha256}).scalar())


def _find_article(session: Session, article_id: int | None) -> Article | None:
    return None if article_id is None else session.get(Article, article_id)


def _find_first_copy(session: Session, fingerprint: str) -> tuple[int, int | None] | None:
    """Find the earliest article with the same body, white space and letter case aside: its id and story."""
    row = session.connection().execute(_FIRST_COPY, {"fingerprint": fingerprint}).first()
    return None if row is None else (row[0], row[1])


def build_article(content: ArticleContent, *, article_id: int, seq: int, now: datetime) -> Article:
    """Build the row of a new article, which has no served JSON yet."""
    return Article(
        id=article_id,
        uri=f"urn:uuid:{uuid.uuid4()}",
        version=1,
        version_kind=VersionKind.CREATED,
        version_fields=[],
        seq=seq,
        created_at=now,
        story_id=article_id,
        duplicate_of=None,
        document="",
        brief="",
        **_list_columns(content, now, now),
    )


def create_article(
    session: Session, content: ArticleContent, cleaning: CleaningSummary | None = None
) -> Article:
    """Store a new article and return it, detached from the session, with its id, seq and served JSON."""
    now = datetime.now(UTC)
    article_id, seq = take_number(session, "articles"), take_number(session, "changes")
    article = build_article(content, article_id=article_id, seq=seq, now=now)
    original = _find_first_copy(session, article.fingerprint)
    if original is not None:
        article.duplicate_of, article.story_id = original
    article.document, article.brief = render(article, content, cleaning)
    columns = {name: getattr(article, name) for name in Article.model_fields}
    session.connection().execute(_INSERT_ARTICLE, columns)
    append_change(session, article, kind=ChangeKind.CREATED, fields=[])
    _insert_terms(session, article_id, content)
    return article


def update_article(
    session: Session,
    article: Article,
    content: ArticleContent,
    cleaning: CleaningSummary | None = None,
    *,
    kind: VersionKind = VersionKind.UPDATED,
) -> Article:
    """Give the article a new text as its next version; one that says the same leaves it as it is.

    Without another cleaning, the article's JSON keeps telling of the one that made it, and what differs from
    that counts as edited by hand.
    """
    before = read_content(article)
    fields = [name for name in ArticleContent.model_fields if getattr(before, name) != getattr(content, name)]
    if not fields:
        return article
    if cleaning is None:
        cleaning = ArticleRead.model_validate_json(article.document).cleaning
        article.edited = note_edits(article.edited, before, content) if cleaning else {}
    session.add(_keep_version(article))
    article.version += 1
    article.version_kind, article.version_fields = kind, fields
    article.seq = take_number(session, "changes")
    for name, value in _list_columns(content, datetime.now(UTC), article.created_at).items():
        setattr(article, name, value)
    article.document, article.brief = render(article, content, cleaning)
    session.add(article)
    append_change(session, article, kind=ChangeKind.UPDATED, fields=fields)
    session.execute(delete(ArticleTerm).where(col(ArticleTerm.article_id) == article.id))
    _insert_terms(session, article.id, content)
    return article


def _keep_version(article: Article) -> ArticleVersion:
    """Make the row that keeps the article's current text."""
    return ArticleVersion(
        article_id=article.id,
        version=article.version,
        kind=article.version_kind,
        fields=article.version_fields,
        status=article.status,
        headline=article.headline,
        word_count=article.word_count,
        updated_at=article.updated_at,
        document=article.document,
    )


def delete_article(session: Session, article: Article, reason: str | None = None) -> int:
    """Delete the article's texts, all versions and raw text included, and leave a tombstone; return the seq.

    The row stays without content, so that the id answers 410 and is never used again.
    """
    for table in (ArticleTerm, ArticleVersion, RawText):
        session.exec(delete(table).where(col(table.article_id) == article.id))
    now = datetime.now(UTC)
    empty = ArticleContent.model_construct(status=Status(article.status), headline=None, body="")
    for name, value in _list_columns(empty, now, now).items():
        setattr(article, name, value)
    article.deleted_at, article.deleted_reason, article.document, article.brief = now, reason, "", ""
    article.version_fields, article.edited = [], {}
    article.story_id, article.duplicate_of, article.fingerprint = None, None, ""
    article.seq = take_number(session, "changes")
    session.add(article)
    append_change(session, article, kind=ChangeKind.DELETED, fields=[])
    return article.seq


def read_content(article: Article) -> ArticleContent:
    """Read what a stored article says back from its JSON."""
    document = orjson.loads(article.document)
    return ArticleContent.model_validate({name: document[name] for name in ArticleContent.model_fields})


def _list_columns(content: ArticleContent, now: datetime, created_at: datetime) -> dict[str, Any]:
    """Return the columns of `articles` that follow from the content."""
    published_at = find_moment(content.published_at)
    dateline_date = _read_dateline_date(content)
    dumped = content.model_dump(mode="json")
    plain = {
        name: dumped[name] for name in ArticleContent.model_fields if name not in ("source", "published_at")
    }
    return {
        **plain,
        "source_name": content.source.name if content.source else None,
        "source_domain": content.source.domain if content.source else None,
        "dateline_text": content.dateline.text if content.dateline else None,
        "media_count": len(content.media),
        "word_count": count_words(content.body),
        "published_at": published_at,
        "dateline_date": dateline_date,
        "sorted_at": published_at or _start_of_day(dateline_date) or created_at,
        "updated_at": now,
        "fingerprint": fingerprint_text(content.body),
    }


def _read_dateline_date(content: ArticleContent) -> date | None:
    day = content.dateline.date if content.dateline else None
    return None if day is None or day.value.startswith("--") else date.fromisoformat(day.value)


def _start_of_day(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _insert_terms(session: Session, article_id: int, content: ArticleContent) -> None:
    terms = [
        {"field": field, "value": value, "article_id": article_id} for field, value in _list_terms(content)
    ]
    if terms:
        session.connection().execute(_INSERT_TERM, terms)


def _list_terms(content: ArticleContent) -> set[tuple[str, str]]:
    places = content.dateline.places if content.dateline else []
    source = content.source.name if content.source else None
    values: dict[str, list[str | None]] = {
        "author": [author.name for author in content.authors],
        "tag": [*content.tags],
        "place": [place.name for place in places],
        "country": [place.country for place in places],
        "source": [source],
    }
    return {(field, fold_name(value)) for field, named in values.items() for value in named if value}


def render(article: Article, content: ArticleContent, cleaning: CleaningSummary | None) -> tuple[str, str]:
    """Render the article's two JSON texts: whole, and as it stands in a list."""
    values = {
        **content.model_dump(mode="json"),
        **{
            name: getattr(article, name)
            for name in ("id", "uri", "version", "seq", "word_count", "created_at", "updated_at", "story_id")
        },
        "duplicate_of": article.duplicate_of,
        "cleaning": cleaning.model_dump() if cleaning else None,
        "excerpt": make_excerpt(content.body),
    }
    document, brief = (
        write_json({name: values[name] for name in shape.model_fields})
        for shape in (ArticleRead, ArticleSummary)
    )
    return document.decode(), brief.decode()


def make_excerpt(body: str) -> str:
    """Return the beginning of a body in one line, cut between words, with an ellipsis where it was cut."""
    start = " ".join(body[: EXCERPT_LENGTH * 2].split())
    if len(start) <= EXCERPT_LENGTH:
        return start
    cut = start[:EXCERPT_LENGTH]
    return (cut.rpartition(" ")[0] or cut) + "…"
