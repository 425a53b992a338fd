"""The writes of an article: each sets the columns, the served JSON, the filter terms and the change entry.

All of it happens in the caller's transaction. What cleaning does with a raw text is decided before, outside
of it: a transaction on SQLite holds the only write lock.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, insert
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from app.articles.edits import note_edits
from app.articles.rows import Name, PreparedArticle, build_row, prepare_article, render
from app.articles.shapes import ArticleContent, ArticleRead, CleaningSummary, Status, VersionKind
from app.changes import ChangeKind, append_changes
from app.database import insert_plain
from app.numbers import take_number, take_numbers
from app.stories.matching import Match
from app.stories.membership import regard_status
from app.stories.placing import find_match, forget_article, place_anew, place_articles, read_newcomer
from app.tables import Article, ArticleTerm, ArticleVersion, RawText, get_table


@dataclass(frozen=True, slots=True)
class Written:
    """A new article, as far as an answer tells of it."""

    id: int
    version: int
    seq: int
    story_id: int
    duplicate_of: int | None
    source_name: str | None
    headline: str | None
    document: str


_WRITTEN = tuple(field.name for field in fields_of(Written))
_INSERT_ARTICLES = insert(get_table(Article))
_TERMS = get_table(ArticleTerm)
_ARTICLES = get_table(Article)
_STORED_BODIES = select_columns(_ARTICLES.c.fingerprint).where(
    _ARTICLES.c.fingerprint.in_(bindparam("fingerprints", expanding=True)), _ARTICLES.c.deleted_at.is_(None)
)
_NAMED = select_columns(_ARTICLES.c.source_name, _ARTICLES.c.external_id).where(
    _ARTICLES.c.external_id.in_(bindparam("external_ids", expanding=True)), _ARTICLES.c.deleted_at.is_(None)
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


def find_names(session: Session, articles: Iterable[PreparedArticle]) -> set[Name]:
    """Find which of the articles' names are taken; others may be among them."""
    external_ids = [article.name[1] for article in articles if article.name is not None]
    if not external_ids:
        return set()
    rows = session.connection().execute(_NAMED, {"external_ids": external_ids})
    return {(row[0], row[1]) for row in rows}


def find_by_raw(session: Session, sha256: str) -> Article | None:
    """Find the earliest article that was made from exactly this raw text."""
    return _find_article(session, session.connection().execute(_BY_RAW, {"sha256": sha256}).scalar())


def _find_article(session: Session, article_id: int | None) -> Article | None:
    return None if article_id is None else session.get(Article, article_id)


def find_stored_bodies(session: Session, fingerprints: Iterable[str]) -> set[str]:
    """Find which of these bodies are stored, given by their fingerprints."""
    rows = session.connection().execute(_STORED_BODIES, {"fingerprints": list(fingerprints)})
    return set(rows.scalars())


def create_article(
    session: Session, content: ArticleContent, cleaning: CleaningSummary | None = None
) -> Written:
    """Store a new article."""
    return create_articles(session, [prepare_article(content, cleaning)])[0]


def create_articles(session: Session, articles: Sequence[PreparedArticle]) -> list[Written]:
    """Store new articles, which may be copies of each other, with one statement for all rows of a table."""
    now = datetime.now(UTC)
    ids = take_numbers(session, "articles", len(articles))
    seqs = take_numbers(session, "changes", len(articles))
    newcomers = [
        read_newcomer(show_row(article, article_id, now), article.sketch)
        for article, article_id in zip(articles, ids, strict=True)
    ]
    rows, terms = [], []
    for article, place, seq in zip(articles, place_articles(session, newcomers), seqs, strict=True):
        member = place.member
        rows.append(
            build_row(
                article,
                article_id=member.article_id,
                uri=f"urn:uuid:{uuid.uuid4()}",
                seq=seq,
                now=now,
                story_id=member.story_id,
                duplicate_of=member.duplicate_of,
            )
        )
        terms += [(*term, member.article_id) for term in article.terms]
    # Plain rows, since an object of the table's class costs more than all the rest of an insert.
    session.connection().execute(_INSERT_ARTICLES, rows)
    append_changes(session, [_build_change(row, ChangeKind.CREATED, []) for row in rows])
    insert_plain(session, _TERMS, terms)
    return [Written(**{name: row[name] for name in _WRITTEN}) for row in rows]


def find_stored_copy(session: Session, article: PreparedArticle) -> Match | None:
    """Find the stored article that one, which shall not be stored, is most likely a copy of."""
    return find_match(session, read_newcomer(show_row(article, 0, datetime.now(UTC)), article.sketch))


def show_row(article: PreparedArticle, article_id: int, now: datetime) -> SimpleNamespace:
    """Show a new article to the look-up of copies as if its row were there."""
    return SimpleNamespace(
        **article.columns, id=article_id, created_at=now, story_id=article_id, duplicate_of=None
    )


def _build_change(row: Mapping[str, Any], kind: ChangeKind, fields: list[str]) -> dict[str, Any]:
    """Build the entry of the change feed for an article's `seq`."""
    return {
        "seq": row["seq"],
        "article_id": row["id"],
        "version": row["version"],
        "kind": kind,
        "fields": fields,
        "at": row["deleted_at"] or row["updated_at"],
    }


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
    prepared = prepare_article(content, cleaning)
    _set_columns(article, prepared, datetime.now(UTC))
    if "body" in fields:
        place_anew(session, article, prepared.sketch, before.body)
    if "status" in fields:
        regard_status(session, article)
    article.document, article.brief = render(prepared, vars(article))
    session.add(article)
    append_changes(session, [_build_change(vars(article), ChangeKind.UPDATED, fields)])
    session.execute(delete(ArticleTerm).where(col(ArticleTerm.article_id) == article.id))
    insert_plain(session, _TERMS, [(*term, article.id) for term in prepared.terms])
    return article


def _set_columns(article: Article, prepared: PreparedArticle, now: datetime) -> None:
    """Set what follows from the content, and the moment of the change."""
    sorted_at = prepared.columns["sorted_at"] or article.created_at
    for name, value in {**prepared.columns, "sorted_at": sorted_at, "updated_at": now}.items():
        setattr(article, name, value)


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
    forget_article(session, article)
    for table in (ArticleTerm, ArticleVersion, RawText):
        session.exec(delete(table).where(col(table.article_id) == article.id))
    now = datetime.now(UTC)
    empty = ArticleContent.model_construct(status=Status(article.status), headline=None, body="")
    _set_columns(article, prepare_article(empty), now)
    article.deleted_at, article.deleted_reason, article.document, article.brief = now, reason, "", ""
    article.version_fields, article.edited = [], {}
    article.story_id, article.duplicate_of, article.fingerprint = None, None, ""
    article.seq = take_number(session, "changes")
    session.add(article)
    append_changes(session, [_build_change(vars(article), ChangeKind.DELETED, [])])
    return article.seq


def read_content(article: Article) -> ArticleContent:
    """Read what a stored article says back from its JSON."""
    document = orjson.loads(article.document)
    return ArticleContent.model_validate({name: document[name] for name in ArticleContent.model_fields})
