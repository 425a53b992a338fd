"""Where an article comes from: its raw text, the ledger of its cleaning, and the texts it had before."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from app.articles.conditional import answer_conditionally, make_json_response
from app.articles.endpoints import READ_ERRORS, ArticleId
from app.articles.filters import MAX_ID
from app.articles.queries import get_article, get_raw, get_version, list_versions
from app.articles.shapes import ArticleRead, Ledger, VersionSummary
from app.database import ReadSession
from app.errors import document_errors
from app.keys import Reader

router = APIRouter(prefix="/articles", tags=["articles"])


class VersionList(BaseModel):
    """All texts of an article, the newest first."""

    items: list[VersionSummary]
    next: None


@router.get(
    "/{article_id}/raw",
    operation_id="get_raw_text",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {}, "text/html": {}}, "description": "The raw text, byte for byte."},
        **document_errors(*READ_ERRORS),
    },
    dependencies=[Reader],
)
def read_raw(session: ReadSession, article_id: ArticleId) -> Response:
    """Read the raw text that the article was made from, exactly as it was received.

    It always comes as text/plain: a browser must not run what a page of somebody else brought along.
    """
    raw = get_raw(session, get_article(session, article_id))
    return Response(
        raw.raw, media_type="text/plain; charset=utf-8", headers={"Dateline-Content-Type": raw.content_type}
    )


@router.get(
    "/{article_id}/ledger",
    response_model=Ledger,
    operation_id="get_ledger",
    responses=document_errors(*READ_ERRORS),
    dependencies=[Reader],
)
def read_ledger(session: ReadSession, article_id: ArticleId) -> Response:
    """Read what became of every line of the raw text: its role, or why it was removed, and each edit."""
    return make_json_response(get_raw(session, get_article(session, article_id)).ledger)


@router.get(
    "/{article_id}/versions",
    response_model=VersionList,
    operation_id="list_versions",
    responses=document_errors(*READ_ERRORS),
    dependencies=[Reader],
)
def read_versions(session: ReadSession, article_id: ArticleId) -> VersionList:
    """List all texts that the article has had."""
    return VersionList(items=list_versions(session, get_article(session, article_id)), next=None)


@router.get(
    "/{article_id}/versions/{version}",
    response_model=ArticleRead,
    operation_id="get_version",
    responses=document_errors(*READ_ERRORS),
    dependencies=[Reader],
)
def read_version(
    request: Request,
    session: ReadSession,
    article_id: ArticleId,
    version: Annotated[int, Path(ge=1, le=MAX_ID)],
) -> Response:
    """Read one text that the article has had."""
    document = get_version(session, get_article(session, article_id), version)
    return answer_conditionally(request, document, f'"{article_id}-{version}"')
