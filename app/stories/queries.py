"""Reading stories and copies: pages of them, as JSON that is already written where it can be."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, exists, or_, select, tuple_
from sqlmodel import Session, col

from app.articles.queries import list_briefs
from app.articles.shapes import Status, write_json
from app.errors import NotFound
from app.paging import decode_cursor, encode_cursor, fingerprint_query
from app.stories.matching import PIECE_COLUMNS, Piece, match_pair, read_piece
from app.stories.shapes import StoryQuery, StorySort
from app.tables import Article, Story

# Articles that a story's own page shows.
SHOWN_IN_STORY = 50

_IS_SHOWN = (col(Article.deleted_at).is_(None), col(Article.status) != Status.WITHHELD)


def list_stories(session: Session, query: StoryQuery) -> tuple[list[bytes], str | None]:
    """List a page of stories as JSON, and the cursor of the next page."""
    by_size = query.sort is StorySort.SIZE
    column: Any = col(Story.size) if by_size else col(Story.last_seen_at)
    asked = fingerprint_query(query.model_dump(mode="json", exclude={"limit", "cursor"}))
    conditions = _list_conditions(query)
    if query.cursor is not None:
        written, last_id = decode_cursor(asked, query.cursor, kinds=(int if by_size else str, int))
        last = tuple_(written if by_size else datetime.fromisoformat(written), last_id)
        place = tuple_(column, col(Story.id))
        conditions.append(place > last if query.sort is StorySort.OLDEST else place < last)
    order = [column, col(Story.id)]
    if query.sort is not StorySort.OLDEST:
        order = [part.desc() for part in order]
    columns = [getattr(Story, name) for name in Story.model_fields]
    rows = session.execute(select(*columns).where(*conditions).order_by(*order).limit(query.limit + 1)).all()
    page = rows[: query.limit]
    following = None
    if len(rows) > query.limit:
        end = page[-1]
        following = encode_cursor(asked, [end.size if by_size else end.last_seen_at.isoformat(), end.id])
    return _write_stories(session, page), following


def _list_conditions(query: StoryQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [col(Story.size) >= query.size_min]
    if query.from_ is not None:
        conditions.append(col(Story.last_seen_at) >= query.from_)
    if query.to is not None:
        conditions.append(col(Story.last_seen_at) <= query.to)
    for column, values in (
        (col(Article.agency), query.agency),
        (col(Article.source_domain), query.domain),
    ):
        if values:
            conditions.append(_has_article(column.in_(values)))
    if query.language:
        language = col(Article.language)
        wanted = (
            or_(language == name, language.startswith(f"{name}-", autoescape=True)) for name in query.language
        )
        conditions.append(_has_article(or_(*wanted)))
    return conditions


def _has_article(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(col(Article.story_id) == col(Story.id), condition, *_IS_SHOWN)


def _write_stories(session: Session, rows: Sequence[Row[Any]]) -> list[bytes]:
    """Write stories as JSON, each with its lead's."""
    names = _list_names(session, [row.id for row in rows])
    leads = list_briefs(session, [row.lead_id for row in rows if row.lead_id is not None])
    return [_write_story(row, names[row.id], leads[row.lead_id]) for row in rows if row.lead_id in leads]


def _list_names(session: Session, stories: Sequence[int]) -> dict[int, tuple[set[str], set[str]]]:
    """List the agencies and domains of each story's articles."""
    names: dict[int, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for story_id, agency, domain in session.execute(
        select(col(Article.story_id), col(Article.agency), col(Article.source_domain))
        .where(col(Article.story_id).in_(stories), *_IS_SHOWN)
        .distinct()
    ):
        names[story_id][0].update({agency} - {None})
        names[story_id][1].update({domain} - {None})
    return names


def _write_story(row: Any, names: tuple[set[str], set[str]], lead: str) -> bytes:
    return write_json(
        {
            "id": row.id,
            "size": row.size,
            "lead": orjson.Fragment(lead),
            "agencies": sorted(names[0]),
            "domains": sorted(names[1]),
            "first_seen_at": row.first_seen_at,
            "last_seen_at": row.last_seen_at,
            "settled": row.is_settled,
        }
    )


def read_story(session: Session, story_id: int) -> bytes:
    """Write a story with its first articles as JSON; raises NotFound if readers may see none of it."""
    own = (col(Article.story_id) == story_id, *_IS_SHOWN)
    first = session.execute(
        select(col(Article.id), col(Article.created_at)).where(*own).order_by(col(Article.id)).limit(1)
    ).first()
    if first is None:
        raise NotFound("There is no story with this id.")
    columns = [getattr(Story, name) for name in Story.model_fields]
    row: Any = session.execute(select(*columns).where(col(Story.id) == story_id)).first()
    if row is None:  # an article alone has none
        row = Story(
            id=story_id,
            lead_id=first.id,
            size=1,
            first_seen_at=first.created_at,
            last_seen_at=first.created_at,
        )
    written = _write_stories(session, [row])
    if not written:  # its lead has been withheld since its row was read
        raise NotFound("There is no story with this id.")
    briefs = session.execute(
        select(col(Article.brief)).where(*own).order_by(col(Article.id)).limit(SHOWN_IN_STORY)
    ).scalars()
    return written[0][:-1] + b',"articles":[%s]}' % ",".join(briefs).encode()


def list_duplicates(
    session: Session, article: Article, *, limit: int, cursor: str | None
) -> tuple[list[bytes], str | None]:
    """List a page of the other articles of an article's story, each compared with it, and the next cursor."""
    asked = fingerprint_query({"duplicates_of": article.id})
    after = decode_cursor(asked, cursor, kinds=(int,))[0] if cursor is not None else 0
    rows = session.execute(
        select(*PIECE_COLUMNS, col(Article.brief))
        .where(
            col(Article.story_id) == article.story_id,
            col(Article.id) != article.id,
            col(Article.id) > after,
            *_IS_SHOWN,
        )
        .order_by(col(Article.id))
        .limit(limit + 1)
    ).all()
    page = rows[:limit]
    piece = read_piece(article)
    items = [_write_duplicate(piece, read_piece(row), row.brief) for row in page]
    return items, encode_cursor(asked, [page[-1].id]) if len(rows) > limit else None


def _write_duplicate(piece: Piece, other: Piece, brief: str) -> bytes:
    match = match_pair(piece, other)
    told = match.comparison.describe() if match.comparison else {}
    return write_json(
        {
            "article": orjson.Fragment(brief),
            "method": match.method,
            **told,
            "words": len(piece.text.words),
            "copy_words": len(other.text.words),
        }
    )
