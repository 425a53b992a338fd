"""Storing the articles that clients post at the same time: together, with one statement for each table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastapi import Response
from sqlmodel import Session

from app.articles.conditional import describe_written
from app.articles.rows import Name, PreparedArticle
from app.articles.shapes import ArticleContent
from app.articles.writes import create_articles, find_by_external_id, find_names, read_content
from app.errors import DatelineError, ExternalIdTaken
from app.idempotency import Repetition, answer_each_once


@dataclass(frozen=True, slots=True)
class Creation:
    """A request that posts an article."""

    article: PreparedArticle
    repetition: Repetition

    def list_names(self) -> set[Name]:
        """List what it must not have in common with another that is carried out at the same time."""
        return {name for name in (self.article.name, self.repetition.name) if name is not None}


def create_each_once(session: Session, creations: Sequence[Creation]) -> list[Response | DatelineError]:
    """Store the articles, but for those that are stored already, and answer each request."""
    return [answer for group in _split(creations) for answer in _answer(session, group)]


def _split(creations: Sequence[Creation]) -> Iterator[list[Creation]]:
    """Split where one bears a name that another before it bears, so that it finds that stored."""
    group: list[Creation] = []
    names: set[Name] = set()
    for creation in creations:
        own = creation.list_names()
        if not names.isdisjoint(own):
            yield group
            group, names = [], set()
        group.append(creation)
        names |= own
    yield group


def _answer(session: Session, group: Sequence[Creation]) -> list[Response | DatelineError]:
    return answer_each_once(
        session,
        [creation.repetition for creation in group],
        lambda places: _create(session, [group[place].article for place in places]),
    )


def _create(session: Session, articles: Sequence[PreparedArticle]) -> list[Response | DatelineError]:
    taken = find_names(session, articles)
    new = [article for article in articles if article.name not in taken]
    written = iter(create_articles(session, new) if new else ())
    return [
        _meet_known(session, article)
        if article.name in taken
        else describe_written(next(written), created=True)
        for article in articles
    ]


def _meet_known(session: Session, article: PreparedArticle) -> Response | DatelineError:
    """Answer with the stored article of this name if it says the same."""
    assert article.name is not None
    known = find_by_external_id(session, *article.name)
    assert known is not None  # it was found in this transaction, and writes are one after the other
    if ArticleContent.model_validate(article.content) != read_content(known):
        return ExternalIdTaken(
            "The source has another article with this external_id; change that one instead.",
            extension={"article_id": known.id},
        )
    return describe_written(known, created=False)
