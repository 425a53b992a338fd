"""Showing hits: their stored JSON, with score and highlights added."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Select, bindparam, select
from sqlmodel import Session, col

from app.articles.shapes import ArticleSummary, Status
from app.formats import Format, render_article
from app.search.highlights import Highlighter, HitTexts
from app.tables import Article


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found, with its score if the order is by one."""

    article_id: int
    score: float | None


def show_hits(
    session: Session,
    hits: Sequence[Hit],
    *,
    highlighter: Highlighter | None,
    fields: list[str] | None,
    wanted: Format,
) -> list[bytes]:
    """Write the hits' JSON, or the articles in another format, which has no place for scores.

    What was deleted or withheld since the index saw it is left out.
    """
    is_whole = wanted is not Format.JSON or bool(set(fields or ()) - set(ArticleSummary.model_fields))
    ids = [hit.article_id for hit in hits]
    statement = _write_statement(is_whole=is_whole, with_texts=highlighter is not None)
    rows = {row[0]: row for row in session.execute(statement, {"ids": ids})}
    shown = []
    for hit in hits:
        if (row := rows.get(hit.article_id)) is None:
            continue
        document = row[1]
        if wanted is not Format.JSON:
            shown.append(render_article(document, wanted))
            continue
        if fields is not None:
            values = orjson.loads(document)
            document = orjson.dumps({name: values[name] for name in fields if name in values}).decode()
        highlights = highlighter.highlight(HitTexts(*row[2:])) if highlighter else []
        # Both are JSON objects: the second continues the first.
        found = orjson.dumps({"score": hit.score, "highlights": highlights})
        shown.append(document[:-1].encode() + b"," + found[1:])
    return shown


@cache  # a statement costs more to write than to run
def _write_statement(*, is_whole: bool, with_texts: bool) -> Select[*tuple[Any, ...]]:
    columns: list[Any] = [Article.id, Article.document if is_whole else Article.brief]
    if with_texts:
        columns += [getattr(Article, name) for name in HitTexts._fields]
    return select(*columns).where(
        col(Article.id).in_(bindparam("ids", expanding=True)),
        col(Article.deleted_at).is_(None),
        col(Article.status) != Status.WITHHELD,
    )
