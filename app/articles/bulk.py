"""Many articles at once: the same rows as `create_article` writes, but one statement for all of a table.

An article is prepared (`prepare_article`) before any transaction, in whatever process; only its numbers, its
dates and its JSON texts are made in the transaction.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, insert
from sqlalchemy import select as select_columns
from sqlmodel import Session

from app.articles.shapes import ArticleContent, ArticleRead, ArticleSummary, VersionKind, write_json
from app.articles.writes import list_columns, list_terms, make_excerpt
from app.changes import append_created, take_numbers
from app.tables import Article, ArticleTerm, get_table

_ARTICLES = get_table(Article)
_INSERT_ARTICLES = insert(_ARTICLES)
_INSERT_TERMS = insert(get_table(ArticleTerm))
_FIRST_COPIES = (
    select_columns(_ARTICLES.c.fingerprint, _ARTICLES.c.id, _ARTICLES.c.story_id)
    .where(
        _ARTICLES.c.fingerprint.in_(bindparam("fingerprints", expanding=True)),
        _ARTICLES.c.deleted_at.is_(None),
        _ARTICLES.c.duplicate_of.is_(None),
    )
    .order_by(_ARTICLES.c.id.desc())
)
_WHOLE = tuple(ArticleRead.model_fields)
_BRIEF = tuple(ArticleSummary.model_fields)


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article that is ready to be stored: plain values, which cost little to hand between processes."""

    content: dict[str, Any]
    """What it says, as its JSON has it."""
    columns: dict[str, Any]
    """The columns of `articles` that follow from that, but for those that its storing decides."""
    terms: list[tuple[str, str]]
    excerpt: str

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its body."""
        text: str = self.columns["fingerprint"]
        return text


@dataclass(frozen=True, slots=True)
class Stored:
    """Where an article has been stored."""

    article_id: int
    version: int
    seq: int


def prepare_article(content: ArticleContent) -> NewArticle:
    """Work out all of an article's rows that do not depend on what is stored."""
    now = datetime.now(UTC)
    columns = list_columns(content, now, now)
    if columns["published_at"] is None and columns["dateline_date"] is None:
        columns["sorted_at"] = None  # it is sorted by the moment of its storing
    source, published_at = content.source, content.published_at
    told = {
        **columns,
        "source": source.model_dump() if source else None,
        "published_at": published_at.model_dump() if published_at else None,
    }
    return NewArticle(
        {name: told[name] for name in ArticleContent.model_fields},
        columns,
        sorted(list_terms(content)),
        make_excerpt(content.body),
    )


def find_first_copies(session: Session, fingerprints: Iterable[str]) -> dict[str, tuple[int, int | None]]:
    """Find, for each of these bodies that is stored, the earliest article that has it: its id and story."""
    rows = session.connection().execute(_FIRST_COPIES, {"fingerprints": list(fingerprints)})
    return {row[0]: (row[1], row[2]) for row in rows}  # the latest comes first, so the earliest stays


def create_articles(
    session: Session,
    articles: Sequence[NewArticle],
    originals: Mapping[str, tuple[int, int | None]],
) -> list[Stored]:
    """Store new articles whose bodies all differ; `originals` are the stored ones that they are copies of."""
    now = datetime.now(UTC)
    ids = take_numbers(session, "articles", len(articles))
    seqs = take_numbers(session, "changes", len(articles))
    rows, terms = [], []
    for article, article_id, seq in zip(articles, ids, seqs, strict=True):
        duplicate_of, story_id = originals.get(article.fingerprint, (None, article_id))
        own = {
            "id": article_id,
            "uri": f"urn:uuid:{uuid.uuid4()}",
            "version": 1,
            "seq": seq,
            "created_at": now,
            "updated_at": now,
            "story_id": story_id,
            "duplicate_of": duplicate_of,
        }
        columns = article.columns
        told = {
            **article.content,
            **own,
            "word_count": columns["word_count"],
            "excerpt": article.excerpt,
            "cleaning": None,
        }
        rows.append(
            {
                **columns,
                **own,
                "sorted_at": columns["sorted_at"] or now,
                "version_kind": VersionKind.CREATED,
                "version_fields": [],
                "deleted_at": None,
                "deleted_reason": None,
                "edited": {},
                "document": write_json({name: told[name] for name in _WHOLE}).decode(),
                "brief": write_json({name: told[name] for name in _BRIEF}).decode(),
            }
        )
        terms += [
            {"field": field, "value": value, "article_id": article_id} for field, value in article.terms
        ]
    connection = session.connection()
    connection.execute(_INSERT_ARTICLES, rows)
    append_created(session, rows)
    if terms:
        connection.execute(_INSERT_TERMS, terms)
    return [Stored(row["id"], row["version"], row["seq"]) for row in rows]
