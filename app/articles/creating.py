"""Posted articles: the plain case read without FastAPI's dependencies, and all that come at the same time
stored together, with one statement for each table."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlmodel import Session

from app.articles.conditional import describe_written
from app.articles.markup import read_body_text
from app.articles.rows import Name, PreparedArticle, prepare_article
from app.articles.shapes import ArticleContent, ArticleCreate
from app.articles.sources import bind_source
from app.articles.writes import create_articles, find_by_external_id, find_names, read_content
from app.errors import DatelineError, ExternalIdTaken
from app.idempotency import Repetition, answer_each_once
from app.keys import VerifiedKey, find_known_writer


@dataclass(frozen=True, slots=True)
class Creation:
    """A request that posts an article."""

    article: PreparedArticle
    repetition: Repetition

    def list_names(self) -> set[Name]:
        """List what it must not have in common with another that is carried out at the same time."""
        return {name for name in (self.article.name, self.repetition.name) if name is not None}


def read_creation(content: ArticleCreate, writer: VerifiedKey, repetition: Repetition) -> Creation:
    """Prepare the article that a request posts; raises SourceNotAllowed or InvalidPayload."""
    given = {"source": bind_source(content.source, writer.source), "body": read_body_text(content.body)}
    return Creation(prepare_article(content.model_copy(update=given)), repetition)


class CreationRoute(APIRoute):
    """The route that takes posted articles; FastAPI's part of each is a quarter of what it costs.

    Only the plain case passes that by: valid JSON, with a key that is known already and may write. All else,
    and every error of the request, is left to the endpoint, which says what a request means.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request: the endpoint, with a look at the plain case before it."""
        answer_any = super().get_route_handler()

        async def answer(request: Request) -> Response:
            creation = await _read_plain(request)
            if creation is None:
                return await answer_any(request)
            created: Response = await request.app.state.commits.run_together(create_each_once, creation)
            return created

        return answer


async def _read_plain(request: Request) -> Creation | None:
    """Read the plain case; None if it is another. The body is kept for whoever reads it next."""
    headers = request.headers
    if (
        request.scope["query_string"]
        or headers.get("content-type") != "application/json"
        or "idempotency-key" in headers
        or (writer := find_known_writer(request)) is None
    ):
        return None
    body = await request.body()
    try:
        content = ArticleCreate.model_validate(orjson.loads(body))
        return read_creation(content, writer, Repetition(writer.id, None, ""))
    except (ValueError, DatelineError):
        return None


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
