"""Looking for copies among what is stored: after an upgrade from a version that did not, or to repair.

Every article is looked up as if it came in now, in the order of their ids; nothing is taken out of a story.
"""

from sqlalchemy import select
from sqlmodel import Session, col

from app.stories.matching import Finder, read_piece
from app.stories.membership import arrange_story
from app.stories.placing import join_stored
from app.stories.sketches import sketch_words
from app.tables import Article


def list_stored(session: Session) -> list[int]:
    """List the ids of all stored articles, the earliest first."""
    statement = select(col(Article.id)).where(col(Article.deleted_at).is_(None)).order_by(col(Article.id))
    return list(session.execute(statement).scalars())


def place_stored(session: Session, ids: list[int]) -> int:
    """Store the sketches of stored articles, and join their stories with those of their copies.

    Returns how many of the articles are copies of others.
    """
    found = [session.get(Article, number) for number in ids]
    articles = [article for article in found if article is not None]
    pieces = [read_piece(article) for article in articles]
    finder = Finder(session)
    finder.prepare(pieces, [sketch_words(piece.text.words) for piece in pieces])
    for article in articles:
        join_stored(finder, article)
    finder.store()
    for story_id in {article.story_id for article in articles if article.duplicate_of is not None}:
        assert story_id is not None  # only deleted articles have none, and those are no copies
        arrange_story(session, story_id)
    return sum(article.duplicate_of is not None for article in articles)
