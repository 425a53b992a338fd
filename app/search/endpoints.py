"""The endpoint /v1/search."""

import hashlib
from typing import Annotated

import orjson
from fastapi import Query, Request, Response
from sqlmodel import Session

from app.articles.conditional import answer_conditionally
from app.articles.endpoints import write_next_url
from app.articles.plain import make_read_route
from app.database import ReadSession
from app.errors import (
    IndexBehind,
    InvalidCursor,
    InvalidKey,
    InvalidQuery,
    KeyRequired,
    NotAcceptable,
    ScopeMissing,
    document_errors,
)
from app.formats import choose_list_format
from app.index import Snapshot
from app.keys import Reader
from app.requests import make_router, read_list_header
from app.search.pages import search
from app.search.shapes import SearchList, SearchQuery, Suggestion, SuggestionList, SuggestQuery
from app.search.suggestions import suggest

router = make_router("/v1", "search")

# How long a search waits for the change that `min_seq` names.
MIN_SEQ_SECONDS = 5.0
# How long it waits for what this process has written, before it shows what there is: many times the usual lag
# (14 ms alone, 150 ms on a busy machine), and little enough for the minutes that a rebuild of the index
# takes.
OWN_WRITES_SECONDS = 0.5


def search_articles(
    request: Request, session: ReadSession, query: Annotated[SearchQuery, Query()]
) -> Response:
    """Find articles by their words, the best first.

    Those in which all words match come first; those in which some do follow. Phrases, scopes, excluded words
    and the operands of AND, OR and NOT are binding. The index follows the store within moments; `min_seq`
    waits for a change.
    """
    choose_list_format(read_list_header(request, "Accept"), query.format)
    body, headers = write_answer(request, session, query)
    headers["Vary"] = "Accept"
    return answer_conditionally(request, body, f'"{hashlib.sha256(body).hexdigest()[:24]}"', headers)


router.add_api_route(
    "/search",
    search_articles,
    methods=["GET"],
    route_class_override=make_read_route(SearchQuery, search_articles),
    response_model=SearchList,
    operation_id="search_articles",
    responses={
        200: {
            "headers": {
                "Dateline-Seq": {
                    "schema": {"type": "integer"},
                    "description": "The change up to which the index had followed the store.",
                }
            }
        },
        304: {"description": "The client has this page already."},
        **document_errors(
            KeyRequired, InvalidKey, ScopeMissing, InvalidCursor, InvalidQuery, NotAcceptable, IndexBehind
        ),
    },
    dependencies=[Reader],
)


def write_answer(request: Request, session: Session, query: SearchQuery) -> tuple[bytes, dict[str, str]]:
    """Write a search's answer, a SearchList in JSON, and the headers that go with it."""
    snapshot = take_snapshot(request, query.min_seq)
    page = search(session, snapshot, query)
    rest = {
        "next": page.following,
        "count": page.count,
        "seq": snapshot.seq,
        "facets": page.facets,
        "histogram": page.histogram,
        "query": page.query,
    }
    body = b'{"items":[' + b",".join(page.items) + b"]," + orjson.dumps(rest)[1:]
    headers = {"Dateline-Seq": str(snapshot.seq)}
    if page.following:
        headers["Link"] = f'<{write_next_url(request, page.following)}>; rel="next"'
    return body, headers


@router.get(
    "/suggest",
    response_model=SuggestionList,
    operation_id="suggest_names",
    responses=document_errors(KeyRequired, InvalidKey, ScopeMissing, IndexBehind),
    dependencies=[Reader],
)
def suggest_names(request: Request, query: Annotated[SuggestQuery, Query()]) -> SuggestionList:
    """Find names of authors, places, tags or sources of which a word begins so; the most frequent first."""
    snapshot = take_snapshot(request, 0)
    found = suggest(snapshot, query.field, query.prefix, limit=query.limit)
    return SuggestionList(items=[Suggestion(**name) for name in found])


def take_snapshot(request: Request, min_seq: int) -> Snapshot:
    """Take the index as soon as it has the change that was asked for.

    What this process has committed itself is waited for in any case, for a moment: who has just written
    expects to find it.
    """
    follower = request.app.state.follower
    follower.wait_for(request.app.state.commits.seq, OWN_WRITES_SECONDS)
    if not follower.wait_for(min_seq, MIN_SEQ_SECONDS):
        raise IndexBehind("The search index has not reached this change yet.", headers={"Retry-After": "1"})
    snapshot: Snapshot = follower.take_snapshot()
    return snapshot
