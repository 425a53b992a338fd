"""The endpoints of stories: lists, copies of an article, related articles; splitting and joining."""

import hashlib
from typing import Annotated, Any

import orjson
from fastapi import Header, Path, Query, Request, Response
from sqlmodel import Session

from app.articles.conditional import answer_conditionally, make_json_response
from app.articles.endpoints import READ_ERRORS, WRITE_ERRORS, ArticleId, write_next_url
from app.articles.filters import MAX_ID
from app.articles.queries import list_briefs
from app.articles.withholding import SeesWithheld, get_readable_article
from app.changes import get_last_seq
from app.commits import Commits
from app.database import ReadSession
from app.errors import (
    FieldError,
    IdempotencyKeyReused,
    InvalidCursor,
    InvalidKey,
    InvalidPayload,
    KeyRequired,
    NotFound,
    ScopeMissing,
    StaleVersion,
    document_errors,
)
from app.idempotency import Idempotency, answer_once
from app.index import Snapshot
from app.keys import Reader, Writer, require_source
from app.paging import DEFAULT_LIMIT, MAX_LIMIT
from app.requests import make_router, read_list_header
from app.stories.membership import join_stories, list_members, split_story
from app.stories.queries import list_duplicates, list_stories, read_story
from app.stories.related import find_related
from app.stories.shapes import (
    MAX_RELATED,
    DuplicateList,
    JoinRequest,
    RelatedList,
    SplitRequest,
    StoryList,
    StoryQuery,
    StoryRead,
)

router = make_router("/v1", "stories")

StoryId = Annotated[int, Path(ge=1, le=MAX_ID, description="The story's id.")]
IfMatchStory = Annotated[
    str | None, Header(alias="If-Match", description="ETag of the story as the client has seen it.")
]
CHANGE_ERRORS = (*WRITE_ERRORS, StaleVersion, IdempotencyKeyReused)
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The client has this page already."}}


def _make_etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:24]}"'


def _answer_page(request: Request, items: list[bytes], following: str | None) -> Response:
    body = b'{"items":[%s],"next":%s}' % (b",".join(items), orjson.dumps(following))
    headers = {"Link": f'<{write_next_url(request, following)}>; rel="next"'} if following else None
    return answer_conditionally(request, body, _make_etag(body), headers)


@router.get(
    "/stories",
    response_model=StoryList,
    operation_id="list_stories",
    responses={**NOT_MODIFIED, **document_errors(KeyRequired, InvalidKey, ScopeMissing, InvalidCursor)},
    dependencies=[Reader],
)
def show_stories(request: Request, session: ReadSession, query: Annotated[StoryQuery, Query()]) -> Response:
    """List stories of two articles or more, those with the newest article first."""
    return _answer_page(request, *list_stories(session, query))


@router.get(
    "/stories/{story_id}",
    response_model=StoryRead,
    operation_id="get_story",
    responses={**NOT_MODIFIED, **document_errors(KeyRequired, InvalidKey, ScopeMissing, NotFound)},
    dependencies=[Reader],
)
def show_story(request: Request, session: ReadSession, story_id: StoryId) -> Response:
    """Read one story, with its first articles. An article that has no copies is a story of one."""
    body = read_story(session, story_id)
    return answer_conditionally(request, body, _make_etag(body))


@router.post(
    "/stories/{story_id}/split",
    response_model=StoryRead,
    operation_id="split_story",
    responses=document_errors(*CHANGE_ERRORS),
)
def take_articles_out(
    request: Request,
    commits: Commits,
    story_id: StoryId,
    payload: SplitRequest,
    writer: Writer,
    idempotency: Idempotency,
    _documented: IfMatchStory = None,
) -> Response:
    """Take articles out of a story; together they become another, which is the answer.

    Both are settled from then on: the machine neither joins them again nor moves their articles.
    """

    require_source(writer, None)  # a story is of several sources

    def answer(session: Session) -> Response:
        _check_match(request, session, story_id)
        members = {member.article_id for member in list_members(session, [story_id])}
        chosen = set(payload.article_ids)
        if not chosen <= members:
            raise InvalidPayload(
                "Not all of the articles are in this story.",
                errors=[FieldError(field="article_ids", message="names an article of another story")],
            )
        if chosen == members:
            raise InvalidPayload(
                "One article at least must stay.",
                errors=[FieldError(field="article_ids", message="names all articles of the story")],
            )
        return _answer_change(session, split_story(session, story_id, chosen))

    return commits.run(lambda session: answer_once(session, idempotency, answer))


@router.post(
    "/stories/{story_id}/join",
    response_model=StoryRead,
    operation_id="join_stories",
    responses=document_errors(*CHANGE_ERRORS),
)
def join_other_stories(
    request: Request,
    commits: Commits,
    story_id: StoryId,
    payload: JoinRequest,
    writer: Writer,
    idempotency: Idempotency,
    _documented: IfMatchStory = None,
) -> Response:
    """Make other stories part of this one, which keeps its id and is the answer.

    It is settled from then on: copies still join it, but the machine takes no article out of it and joins it
    with no other story. The same articles can be taken out again by a split.
    """

    require_source(writer, None)  # a story is of several sources

    def answer(session: Session) -> Response:
        _check_match(request, session, story_id)
        others = set(payload.story_ids) - {story_id}
        found = {member.story_id for member in list_members(session, others)}
        if missing := others - found:
            raise InvalidPayload(
                f"{len(missing)} of the stories do not exist.",
                errors=[FieldError(field="story_ids", message="names a story that does not exist")],
            )
        join_stories(session, story_id, others)
        return _answer_change(session, story_id)

    return commits.run(lambda session: answer_once(session, idempotency, answer))


def _check_match(request: Request, session: Session, story_id: int) -> None:
    """Check that the story exists, and that it is as the client has seen it, if it says how."""
    etag = _make_etag(read_story(session, story_id))
    sent = read_list_header(request, "If-Match")
    if sent is not None and not any(tag.strip() in ("*", etag) for tag in sent.split(",")):
        raise StaleVersion("If-Match names another state of the story.", headers={"ETag": etag})


def _answer_change(session: Session, story_id: int) -> Response:
    session.flush()
    body = read_story(session, story_id)
    seq = str(get_last_seq(session))
    return make_json_response(body, headers={"ETag": _make_etag(body), "Dateline-Seq": seq})


@router.get(
    "/articles/{article_id}/duplicates",
    response_model=DuplicateList,
    operation_id="list_duplicates",
    responses={**NOT_MODIFIED, **document_errors(*READ_ERRORS, InvalidCursor)},
    dependencies=[Reader],
)
def show_duplicates(
    request: Request,
    session: ReadSession,
    article_id: ArticleId,
    sees_withheld: SeesWithheld,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Articles of a page.")] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
) -> Response:
    """List the other articles of the same story, each with how it compares with this one."""
    article = get_readable_article(session, article_id, sees_withheld=sees_withheld)
    return _answer_page(request, *list_duplicates(session, article, limit=limit, cursor=cursor))


@router.get(
    "/articles/{article_id}/related",
    response_model=RelatedList,
    operation_id="list_related",
    responses={**NOT_MODIFIED, **document_errors(*READ_ERRORS)},
    dependencies=[Reader],
)
def show_related(
    request: Request,
    session: ReadSession,
    article_id: ArticleId,
    sees_withheld: SeesWithheld,
    limit: Annotated[int, Query(ge=1, le=MAX_RELATED, description="Most articles.")] = 10,
) -> Response:
    """List articles of other stories that share this one's most telling words, the closest first.

    Of each story only the lead is listed. The search index answers, which follows the store within moments.
    """
    article = get_readable_article(session, article_id, sees_withheld=sees_withheld)
    snapshot: Snapshot = request.app.state.follower.take_snapshot()
    hits = find_related(snapshot, article, limit=limit)
    briefs = list_briefs(session, [hit.article_id for hit in hits])
    items = [
        briefs[hit.article_id][:-1].encode() + b',"score":%s}' % orjson.dumps(hit.score)
        for hit in hits
        if hit.article_id in briefs
    ]
    body = b'{"items":[%s]}' % b",".join(items)
    return answer_conditionally(request, body, _make_etag(body))
