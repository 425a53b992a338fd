"""Where an article comes from: its raw text and ledger, the texts it had before, and how they differ."""

import hashlib
from functools import partial
from typing import Annotated

import orjson
from fastapi import Path, Query, Request, Response
from pydantic import BaseModel

from app.articles.conditional import answer_conditionally, answer_in_format, make_json_response, name_text
from app.articles.diffs import VersionDiff, diff_contents
from app.articles.endpoints import ETAG_HEADER, OTHER_FORMATS, READ_ERRORS, ArticleId, write_next_url
from app.articles.filters import MAX_ID
from app.articles.queries import get_raw, get_version, list_versions
from app.articles.shapes import ArticleRead, Ledger, VersionSummary, write_json
from app.articles.views import AskedFormat
from app.articles.withholding import SeesWithheld, get_readable_article, refuse_withheld
from app.database import ReadSession
from app.errors import InvalidCursor, NotAcceptable, document_errors
from app.formats import Format, choose_format
from app.keys import Reader
from app.paging import DEFAULT_LIMIT, MAX_LIMIT, decode_cursor, encode_cursor, fingerprint_query
from app.requests import make_router, read_list_header

router = make_router("/v1/articles", "articles")


class VersionList(BaseModel):
    """A page of an article's texts, the newest first; `next` is the `cursor` of the page after it."""

    items: list[VersionSummary]
    next: str | None


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
def read_raw(session: ReadSession, article_id: ArticleId, sees_withheld: SeesWithheld) -> Response:
    """Read the raw text that the article was made from, exactly as it was received.

    It always comes as text/plain: a browser must not run what a page of somebody else brought along.
    """
    raw = get_raw(session, get_readable_article(session, article_id, sees_withheld=sees_withheld))
    media_type = f"text/plain; charset={raw.hints.get('charset', 'utf-8')}"
    return Response(raw.raw, media_type=media_type, headers={"Dateline-Content-Type": raw.content_type})


@router.get(
    "/{article_id}/ledger",
    response_model=Ledger,
    operation_id="get_ledger",
    responses=document_errors(*READ_ERRORS),
    dependencies=[Reader],
)
def read_ledger(session: ReadSession, article_id: ArticleId, sees_withheld: SeesWithheld) -> Response:
    """Read what became of every line of the raw text: its role, or why it was removed, and each edit."""
    article = get_readable_article(session, article_id, sees_withheld=sees_withheld)
    return make_json_response(get_raw(session, article).ledger)


@router.get(
    "/{article_id}/versions",
    response_model=VersionList,
    operation_id="list_versions",
    responses=document_errors(*READ_ERRORS, InvalidCursor),
    dependencies=[Reader],
)
def read_versions(
    request: Request,
    session: ReadSession,
    article_id: ArticleId,
    sees_withheld: SeesWithheld,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Versions of a page.")] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
) -> Response:
    """List the texts that the article has had, the newest first: how each came to be, and what it changed."""
    article = get_readable_article(session, article_id, sees_withheld=sees_withheld)
    asked = fingerprint_query({"versions_of": article_id})
    before = decode_cursor(asked, cursor, kinds=(int,))[0] if cursor is not None else article.version + 1
    before = min(max(before, 0), article.version + 1)
    found = list_versions(session, article, before=before, limit=limit + 1, sees_withheld=sees_withheld)
    items, following = found[:limit], None
    headers = {}
    if len(found) > limit:
        following = encode_cursor(asked, [items[-1].version])
        headers["Link"] = f'<{write_next_url(request, following)}>; rel="next"'
    body = write_json({"items": [item.model_dump() for item in items], "next": following})
    return answer_conditionally(request, body, f'"{hashlib.sha256(body).hexdigest()[:24]}"', headers)


@router.get(
    "/{article_id}/versions/{version}",
    response_model=ArticleRead,
    operation_id="get_version",
    responses={
        200: {"headers": ETAG_HEADER, "content": OTHER_FORMATS},
        304: {"description": "The client has this text already."},
        **document_errors(*READ_ERRORS, NotAcceptable),
    },
    dependencies=[Reader],
)
def read_version(
    request: Request,
    session: ReadSession,
    article_id: ArticleId,
    version: Annotated[int, Path(ge=1, le=MAX_ID, description="Number of the text.")],
    sees_withheld: SeesWithheld,
    format: Annotated[AskedFormat, Query()] = None,
) -> Response:
    """Read one text that the article has had, in the format that `format` or the Accept header names."""
    wanted = choose_format(read_list_header(request, "Accept"), format)
    article = get_readable_article(session, article_id, sees_withheld=sees_withheld)
    document, status = get_version(session, article, version)
    refuse_withheld(status, sees_withheld=sees_withheld)
    make_name = partial(name_text, article_id, version)
    if wanted is not Format.JSON:
        return answer_in_format(request, document, wanted, make_name)
    return answer_conditionally(request, document, make_name(""), {"Vary": "Accept"})


@router.get(
    "/{article_id}/diff",
    response_model=VersionDiff,
    operation_id="diff_versions",
    responses=document_errors(*READ_ERRORS),
    dependencies=[Reader],
)
def diff_versions(
    session: ReadSession,
    article_id: ArticleId,
    sees_withheld: SeesWithheld,
    from_: Annotated[
        int | None, Query(alias="from", ge=1, le=MAX_ID, description="By default the version before `to`.")
    ] = None,
    to: Annotated[int | None, Query(ge=1, le=MAX_ID, description="By default the current version.")] = None,
) -> Response:
    """Show what differs between two versions: single fields before and after, long texts by paragraph."""
    article = get_readable_article(session, article_id, sees_withheld=sees_withheld)
    to = article.version if to is None else to
    from_ = max(to - 1, 1) if from_ is None else from_
    (before, status_before), (after, status_after) = (
        get_version(session, article, version) for version in (from_, to)
    )
    refuse_withheld(status_before, status_after, sees_withheld=sees_withheld)
    fields = diff_contents(orjson.loads(before), orjson.loads(after))
    return make_json_response(
        write_json({"article_id": article_id, "from": from_, "to": to, "fields": fields})
    )
