"""The endpoints of /v1/articles: create, read, list, replace, change, delete; raw text, ledger, versions."""

import hashlib
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, ValidationError
from sqlmodel import Session

from app.articles.conditional import (
    IfMatch,
    answer_conditionally,
    answer_in_format,
    describe_written,
    make_etag,
    require_match,
)
from app.articles.creating import CreationRoute, create_each_once, read_creation
from app.articles.filters import MAX_ID
from app.articles.markup import read_body_text
from app.articles.plain import make_read_route
from app.articles.queries import FIELD_NAMES, get_article, list_documents
from app.articles.shapes import ArticleContent, ArticleCreate, ArticleRead, ArticleSummary
from app.articles.views import ListQuery, View, view_document
from app.articles.withholding import SeesWithheld, get_readable_article, may_see_withheld, refuse_withheld
from app.articles.writes import delete_article, find_by_external_id, update_article
from app.cleaning import normalise_text
from app.commits import Commits
from app.database import ReadSession
from app.errors import (
    ArticleDeleted,
    ArticleWithheld,
    BodyTooLarge,
    ExternalIdTaken,
    FieldError,
    IdempotencyKeyReused,
    IfMatchRequired,
    InvalidCursor,
    InvalidKey,
    InvalidPayload,
    KeyRequired,
    MalformedRequest,
    NotAcceptable,
    NotFound,
    ScopeMissing,
    SourceNotAllowed,
    StaleVersion,
    UnsupportedMediaType,
    document_errors,
    list_field_errors,
)
from app.formats import Format, choose_format, choose_list_format, render_article
from app.idempotency import Idempotency
from app.keys import Reader, VerifiedKey, Writer, require_source
from app.requests import make_router, read_list_header
from app.tables import Article

router = make_router("/v1/articles", "articles")

ArticleId = Annotated[int, Path(ge=1, le=MAX_ID, description="The article's id.")]
MISSING_ERRORS = (KeyRequired, InvalidKey, ScopeMissing, NotFound, ArticleDeleted)
READ_ERRORS = (*MISSING_ERRORS, ArticleWithheld)
WRITE_ERRORS = (
    *MISSING_ERRORS,
    SourceNotAllowed,
    MalformedRequest,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidPayload,
)
MATCH_ERRORS = (IfMatchRequired, StaleVersion)
ETAG_HEADER = {"ETag": {"schema": {"type": "string"}, "description": "Names this text of the article."}}
OTHER_FORMATS = {
    "application/ld+json": {"schema": {"type": "object"}},
    "text/plain": {"schema": {"type": "string"}},
    "text/markdown": {"schema": {"type": "string"}},
}
ARTICLE_CREATE = {"$ref": "#/components/schemas/ArticleCreate"}
# An article has three levels (dateline, its places, a place).
MAX_DEPTH = 5
MAX_REASON = 500
READ_ONLY = FIELD_NAMES - set(ArticleContent.model_fields)


class ArticleList(BaseModel):
    """A page of articles; `next` is the `cursor` of the page after it."""

    items: list[ArticleSummary]
    next: str | None


async def create_structured_article(
    commits: Commits, content: ArticleCreate, writer: Writer, idempotency: Idempotency
) -> Response:
    """Store an article that is already structured.

    An `external_id` that the same source has used before gives the article stored then, if it says the same,
    and 409 if it does not. With a key that is bound to a source, an article that states none is of that one.
    """
    return await commits.run_together(create_each_once, read_creation(content, writer, idempotency))


router.add_api_route(
    "",
    create_structured_article,
    methods=["POST"],
    route_class_override=CreationRoute,
    response_model=ArticleRead,
    status_code=201,
    operation_id="create_article",
    responses={
        200: {"model": ArticleRead, "description": "The article with this external_id, which says the same."},
        **document_errors(*WRITE_ERRORS, ExternalIdTaken, IdempotencyKeyReused),
    },
)


def list_articles(
    request: Request,
    session: ReadSession,
    query: Annotated[ListQuery, Query()],
    sees_withheld: SeesWithheld,
) -> Response:
    """List articles, exactly as they are stored at this moment; `/v1/search` finds words.

    Withheld ones are listed only by `status=withheld`, with a key that may write.
    """
    wanted = choose_list_format(read_list_header(request, "Accept"), query.format)
    refuse_withheld(*query.status, sees_withheld=sees_withheld)
    fields = query.list_fields()
    needs_whole = bool(query.include) or bool(set(fields or ()) - set(ArticleSummary.model_fields))
    if wanted is not Format.JSON:
        query.refuse_parts()
        needs_whole = True
    documents, following = list_documents(
        session,
        query,
        sort=query.sort,
        limit=query.limit,
        cursor=query.cursor,
        whole=needs_whole,
        sees_withheld=sees_withheld,
    )
    if fields is not None or query.include:
        documents = [view_document(session, document, query) for document in documents]
    if wanted is not Format.JSON:
        documents = [render_article(document, wanted).decode() for document in documents]
    body = b'{"items":[%s],"next":%s}' % (",".join(documents).encode(), orjson.dumps(following))
    headers = {"Vary": "Accept"}
    if following:
        headers["Link"] = f'<{write_next_url(request, following)}>; rel="next"'
    return answer_conditionally(request, body, f'"{hashlib.sha256(body).hexdigest()[:24]}"', headers)


def _list_plainly(request: Request, session: Session, query: ListQuery) -> Response:
    sees_withheld = may_see_withheld(request.scope["state"]["key"])
    return list_articles(request, session, query, sees_withheld)


router.add_api_route(
    "",
    list_articles,
    methods=["GET"],
    route_class_override=make_read_route(ListQuery, _list_plainly),
    response_model=ArticleList,
    operation_id="list_articles",
    responses=document_errors(
        KeyRequired, InvalidKey, ScopeMissing, ArticleWithheld, InvalidCursor, NotAcceptable
    ),
    dependencies=[Reader],
)


def write_next_url(request: Request, cursor: str) -> str:
    """Write the next page's address, relative to this one: what the client sent as Host is not repeated."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return "?" + urlencode([*kept, ("cursor", cursor)])


@router.get(
    "/{article_id}",
    response_model=ArticleRead,
    operation_id="get_article",
    responses={
        200: {"headers": ETAG_HEADER, "content": OTHER_FORMATS},
        304: {"description": "The client has this text already."},
        **document_errors(*READ_ERRORS, NotAcceptable),
    },
    dependencies=[Reader],
)
def read_article(
    request: Request,
    session: ReadSession,
    article_id: ArticleId,
    view: Annotated[View, Query()],
    sees_withheld: SeesWithheld,
) -> Response:
    """Read one article, in the format that `format` or the Accept header names."""
    wanted = choose_format(read_list_header(request, "Accept"), view.format)
    article = get_readable_article(session, article_id, sees_withheld=sees_withheld)
    if wanted is not Format.JSON:
        view.refuse_parts()
        return answer_in_format(request, article.document, wanted, partial(make_etag, article))
    body = view_document(session, article.document, view)
    # The parts may change without the text: when it is cleaned again.
    etag = make_etag(article, view.name() and view.name() + body)
    return answer_conditionally(request, body, etag, {"Vary": "Accept"})


@router.put(
    "/{article_id}",
    response_model=ArticleRead,
    operation_id="replace_article",
    responses={
        200: {"headers": ETAG_HEADER},
        **document_errors(*WRITE_ERRORS, *MATCH_ERRORS, ExternalIdTaken),
    },
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": ARTICLE_CREATE}}}},
)
def replace_article(
    request: Request,
    commits: Commits,
    article_id: ArticleId,
    payload: dict[str, Any],
    writer: Writer,
    _documented: IfMatch = None,
) -> Response:
    """Replace what the article says; the result is its next version.

    The fields that Dateline sets (`id`, `version`, `created_at` …) may stand in the body unchanged, so that
    an article can be read, edited and sent back. Without `status` it stays: a withheld article is not
    published by leaving something out.
    """

    def answer(session: Session) -> Response:
        article = get_article(session, article_id)
        stored = orjson.loads(article.document)
        unchanged = {name for name in READ_ONLY & set(payload) if payload[name] == stored[name]}
        _refuse_read_only(set(payload) - unchanged)
        values = {name: value for name, value in payload.items() if name not in unchanged}
        if values.get("body") != stored["body"]:
            values["body"] = read_body_text(values.get("body"))
        content = _read_content({"status": stored["status"], **values}, ArticleCreate)
        require_match(request, article)
        return _store(session, article, content, writer)

    return commits.run(answer)


@router.patch(
    "/{article_id}",
    response_model=ArticleRead,
    operation_id="change_article",
    responses={
        200: {"headers": ETAG_HEADER},
        **document_errors(*WRITE_ERRORS, *MATCH_ERRORS, ExternalIdTaken),
    },
    openapi_extra={
        "requestBody": {"content": {"application/merge-patch+json": {"schema": {"type": "object"}}}}
    },
)
def change_article(
    request: Request,
    commits: Commits,
    article_id: ArticleId,
    patch: dict[str, Any],
    writer: Writer,
    _documented: IfMatch = None,
) -> Response:
    """Change single fields by JSON merge patch (RFC 7396): null resets a field; lists are replaced whole."""
    _refuse_read_only(set(patch))
    if "body" in patch:
        patch = {**patch, "body": read_body_text(patch["body"])}

    def answer(session: Session) -> Response:
        article = get_article(session, article_id)
        stored = orjson.loads(article.document)
        # Cleaning may have found no headline; such an article can still be changed elsewhere.
        shape = ArticleCreate if stored["headline"] or "headline" in patch else ArticleContent
        values = {name: stored[name] for name in ArticleContent.model_fields}
        content = _read_content(_merge(values, patch), shape)
        if patch or "If-Match" in request.headers:  # a patch without fields changes nothing
            require_match(request, article)
        return _store(session, article, content, writer)

    return commits.run(answer)


def _merge(target: Any, patch: Any, depth: int = 0) -> Any:
    """Apply a merge patch (RFC 7396 §2); raises InvalidPayload for one deeper than any article."""
    if not isinstance(patch, dict):
        return patch
    if depth > MAX_DEPTH:
        raise InvalidPayload("The patch is nested too deeply.")
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value, depth + 1)
    return merged


def _refuse_read_only(names: set[str]) -> None:
    refused = [FieldError(field=name, message="is set by Dateline") for name in sorted(READ_ONLY & names)]
    if refused:
        raise InvalidPayload("Fields that Dateline sets cannot be changed.", errors=refused)


def _read_content(values: dict[str, Any], shape: type[ArticleContent]) -> ArticleContent:
    """Check what an article is to say; raises InvalidPayload."""
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        faults = list_field_errors(error.errors())
        raise InvalidPayload("The body has invalid fields.", errors=faults) from error


def _store(session: Session, article: Article, content: ArticleContent, writer: VerifiedKey) -> Response:
    """Store the content as the article's next version, if it says something else."""
    name = content.source.name if content.source else None
    require_source(writer, article.source_name, name)
    known = find_by_external_id(session, name, content.external_id)
    if known is not None and known.id != article.id:
        raise ExternalIdTaken(
            "The source has another article with this external_id.", extension={"article_id": known.id}
        )
    return describe_written(update_article(session, article, content), created=False)


@router.delete(
    "/{article_id}",
    status_code=204,
    operation_id="delete_article",
    responses=document_errors(*MISSING_ERRORS, SourceNotAllowed, *MATCH_ERRORS),
)
def remove_article(
    request: Request,
    commits: Commits,
    article_id: ArticleId,
    writer: Writer,
    reason: Annotated[
        str | None, Query(max_length=MAX_REASON, description="Why; its 410 repeats it to everybody.")
    ] = None,
    _documented: IfMatch = None,
) -> Response:
    """Delete an article with its versions and raw text. Its id answers 410 from then on."""
    said = normalise_text(reason or "").strip() or None

    def answer(session: Session) -> Response:
        article = get_article(session, article_id)
        require_source(writer, article.source_name)
        require_match(request, article)
        return Response(
            status_code=204, headers={"Dateline-Seq": str(delete_article(session, article, said))}
        )

    return commits.run(answer)
