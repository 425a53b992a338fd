"""Finding the place of a new article, or of one with a new text: the story of what it is a copy of.

A text that is a copy of articles of several stories joins these, unless it shares too few words with one of
them to say so (`LEAST_SHARED_TO_JOIN`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlmodel import Session

from app.index.schema import WITHHELD
from app.numbers import take_number
from app.stories.comparing import find_copy
from app.stories.matching import Finder, Match, Member, Piece, match_pair, read_piece
from app.stories.membership import USABLE, arrange_story, leave_story, read_stories
from app.stories.sketches import remove_sketch, sketch_words
from app.stories.texts import fold_words
from app.tables import Article, Story, get_table

# Words that a text must share with each of two stories to make them one: a paragraph that many pages carry,
# and that is all there is of one page, must not.
LEAST_SHARED_TO_JOIN = 50
# Members that an edited text is compared with, to see whether it still belongs to its story.
MOST_COMPARED = 5

_ARTICLES = get_table(Article)
_STORIES = get_table(Story)
_FIRST = (
    select(_ARTICLES.c.id)
    .where(
        _ARTICLES.c.story_id == bindparam("story"),
        _ARTICLES.c.deleted_at.is_(None),
        _ARTICLES.c.id != bindparam("article"),
    )
    .order_by(_ARTICLES.c.id)
    .limit(MOST_COMPARED)
)
_COUNT_IN = (
    update(_STORIES)
    .where(_STORIES.c.id == bindparam("story"))
    .values(size=_STORIES.c.size + 1, last_seen_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A new article, or one with a new text, that is to be placed."""

    piece: Piece
    sketch: list[int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article has been placed, and the article that it is a copy of."""

    member: Member
    match: Match | None


def read_newcomer(article: Any, sketch: list[int] | None = None) -> Newcomer:
    """Read what is compared of an article, or of a row that has its columns; make its sketch, unless that is
    there already."""
    piece = read_piece(article)
    piece.member.story_id, piece.member.duplicate_of, piece.member.is_stored = article.id, None, False
    return Newcomer(piece, sketch_words(piece.text.words) if sketch is None else sketch)


def compare_with_lead(session: Session, article_id: int) -> dict[str, Any] | None:
    """Tell how an article compares with the one that it is a copy of; None if it is none."""
    article = session.get(Article, article_id)
    if article is None or article.duplicate_of is None:
        return None
    lead = session.get(Article, article.duplicate_of)
    return None if lead is None else match_pair(read_piece(article), read_piece(lead)).describe()


def place_articles(session: Session, newcomers: Sequence[Newcomer]) -> list[Place]:
    """Find the stories of new articles, which may be copies of each other, and store their sketches.

    The members returned say what is to be written of them. A later newcomer may still change the place of an
    earlier one, so write them when all are placed. Their rows need not be there before that.
    """
    finder = Finder(session)
    sketches = [newcomer.sketch for newcomer in newcomers]
    finder.prepare([newcomer.piece for newcomer in newcomers], sketches)
    finder.read_ahead(sketches)
    places = [_place(finder, newcomer) for newcomer in newcomers]
    finder.store()
    return places


def find_match(session: Session, newcomer: Newcomer) -> Match | None:
    """Find the stored article that one, which shall not be stored, is most likely a copy of."""
    finder = Finder(session)
    finder.prepare([newcomer.piece], [newcomer.sketch])
    matches = finder.find_matches(newcomer.piece, newcomer.sketch)
    return matches[0] if matches else None


def _place(finder: Finder, newcomer: Newcomer) -> Place:
    matches = finder.find_matches(newcomer.piece, newcomer.sketch)
    if matches:
        _join_matches(finder, newcomer.piece.member, matches)
    finder.add(newcomer.piece, newcomer.sketch)
    return Place(newcomer.piece.member, matches[0] if matches else None)


def _join_matches(finder: Finder, member: Member, matches: Sequence[Match]) -> None:
    """Put a newcomer into the story of its best match, and join the stories of the others with that."""
    session = finder.session
    best = matches[0].piece.member.story_id
    stories = {
        row.id: row for row in read_stories(session, {match.piece.member.story_id for match in matches})
    }
    joined = {best}
    if not (best in stories and stories[best].is_settled):
        joined |= {
            match.piece.member.story_id
            for match in matches[1:]
            if min(_count_shared(matches[0]), _count_shared(match)) >= LEAST_SHARED_TO_JOIN
            and not (
                match.piece.member.story_id in stories and stories[match.piece.member.story_id].is_settled
            )
        }
    story = stories.get(best)
    member.story_id = min(joined)
    if len(joined) == 1 and story is not None and story.lead_status == USABLE:
        # What happens a million times: one more copy of a story that is there.
        if member.status != WITHHELD:
            member.duplicate_of = story.lead_id
            session.connection().execute(_COUNT_IN, {"story": best, "now": member.created_at})
        return
    arrange_story(session, min(joined), absorbing=joined, finder=finder, newcomer=member)


def join_stored(finder: Finder, article: Article) -> None:
    """Look a stored article up as if it came in now, and add what is missing of its sketch.

    Its story is joined with those of its copies; it is taken out of none.
    """
    piece = finder.keep(article)
    sketch = sketch_words(piece.text.words)
    own = piece.member.story_id
    matches = [match for match in finder.find_matches(piece, sketch) if match.piece.member.story_id != own]
    if matches:
        wanted = {own, *(match.piece.member.story_id for match in matches)}
        rows = {row.id: row for row in read_stories(finder.session, wanted)}
        joined = {
            match.piece.member.story_id
            for match in matches
            if own not in rows or _count_shared(match) >= LEAST_SHARED_TO_JOIN
        }
        if not any(rows[story_id].is_settled for story_id in rows.keys() & {own, *joined}):
            joined.add(own)
            arrange_story(finder.session, min(joined), absorbing=joined, finder=finder)
    finder.add(piece, sketch)


def _count_shared(match: Match) -> int:
    return match.comparison.shared_words if match.comparison else LEAST_SHARED_TO_JOIN


def place_anew(session: Session, article: Article, sketch: list[int], old_body: str) -> None:
    """Look an article's new text up, of which this is the sketch, before it is written.

    It stays in its story if that is settled or if it is still a copy of one of its first members; otherwise
    it leaves it, and joins another if it is a copy of that.
    """
    remove_sketch(session, article.id, sketch_words(fold_words(old_body)))
    newcomer = read_newcomer(article, sketch)
    finder = Finder(session)
    finder.prepare([newcomer.piece], [newcomer.sketch])
    if _is_at_home(session, article, newcomer.piece):
        finder.add(newcomer.piece, newcomer.sketch)
        finder.store()
        return
    is_alone = not leave_story(session, article)
    newcomer.piece.member.story_id = (
        article.story_id if is_alone and article.story_id else take_number(session, "articles")
    )
    place = _place(finder, newcomer)
    finder.store()
    article.story_id, article.duplicate_of = place.member.story_id, place.member.duplicate_of


def _is_at_home(session: Session, article: Article, piece: Piece) -> bool:
    """Tell whether an article with a new text stays in the story that it is in."""
    if any(story.is_settled for story in read_stories(session, [article.story_id or 0])):
        return True
    first = session.connection().execute(_FIRST, {"story": article.story_id, "article": article.id})
    compared = (session.get(Article, row.id) for row in first)
    return any(other is not None and find_copy(piece.text, read_piece(other).text) for other in compared)


def forget_article(session: Session, article: Article) -> None:
    """Take an article that is about to be deleted out of its story and out of all look-ups."""
    remove_sketch(session, article.id, sketch_words(fold_words(article.body)))
    leave_story(session, article)
