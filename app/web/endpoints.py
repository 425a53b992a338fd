"""The addresses of the pages. They are for people: OpenAPI does not list them, and what they do not know in a
query is left out of account, since links are passed on with all kinds of additions.
"""

from functools import cache
from typing import Annotated

from fastapi import APIRouter, FastAPI, Path, Request, Response
from fastapi.staticfiles import StaticFiles

from app.articles.conditional import make_json_response
from app.articles.endpoints import ArticleId
from app.articles.withholding import SeesWithheld, get_readable_article
from app.database import ReadSession
from app.demo import read_demo_submissions
from app.errors import NotFound
from app.ingest.articles import clean_submission
from app.keys import Reader
from app.web import article as article_page
from app.web.ledger import VISIBLE_EDITS
from app.web.reader import describe_results, find, list_hidden, read_pairs
from app.web.rendering import STATIC, find_server, render_page
from app.web.words import FAMILIES, WARNINGS

router = APIRouter(include_in_schema=False)
# A script that asks for the results alone says so in this header, so one address serves both.
FRAGMENT = "Dateline-Fragment"


def mount_pages(app: FastAPI) -> None:
    """Add the pages and their static files to the application."""
    app.router.routes.extend(router.routes)
    app.mount("/static", StaticFiles(directory=STATIC))


@router.get("/", dependencies=[Reader])
def show_reader(request: Request, session: ReadSession) -> Response:
    """Show the newest articles, or those that a search has found."""
    pairs = read_pairs(request)
    found = find(request, session, pairs)
    values = {**describe_results(pairs, found), "server": find_server(request)}
    is_fragment = request.headers.get(FRAGMENT) == "results"
    if not is_fragment:
        values |= {"asked": dict(pairs), "hidden": list_hidden(pairs)}
    return render_page(
        "results.html" if is_fragment else "reader.html",
        values,
        status=found.error.status if found.error else 200,
        headers={"Vary": FRAGMENT},
    )


@router.get("/articles/{article_id}", dependencies=[Reader])
def show_article(
    request: Request, session: ReadSession, article_id: ArticleId, sees_withheld: SeesWithheld
) -> Response:
    """Show an article, where it comes from, and how it has changed."""
    article = get_readable_article(session, article_id, sees_withheld=sees_withheld)
    values = article_page.describe_article(request, session, article, sees_withheld=sees_withheld)
    return render_page("article.html", {**values, "warning_words": WARNINGS})


@router.get("/playground")
def show_playground(request: Request) -> Response:
    """Show the page on which a text can be cleaned without storing it."""
    values = {
        "examples": _name_examples(),
        "server": find_server(request),
        "needs_key": not request.app.state.settings.public_read,
        "words": {"families": FAMILIES, "warnings": WARNINGS, "visible_edits": sorted(VISIBLE_EDITS)},
    }
    return render_page("playground.html", values)


@cache
def _name_examples() -> list[str]:
    """Name the demo texts by their headlines."""
    cleaned = [clean_submission(submission) for submission in read_demo_submissions()]
    return [found.content.headline or "Without a headline" for found in cleaned]


@router.get("/playground/examples/{number}")
def read_example(number: Annotated[int, Path(ge=1)]) -> Response:
    """Give one of the demo texts as the JSON that /v1/clean takes."""
    submissions = read_demo_submissions()
    if number > len(submissions):
        raise NotFound("There is no such example.")
    stated = submissions[number - 1].stated
    return make_json_response(stated.model_dump_json(exclude_none=True))
