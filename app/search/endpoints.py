"""The endpoint /v1/search."""

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlmodel import Session, col

from app.articles.conditional import answer_conditionally
from app.articles.endpoints import View, write_next_url
from app.articles.shapes import ArticleSummary, Status
from app.database import ReadSession
from app.errors import (
    IndexBehind,
    InvalidCursor,
    InvalidKey,
    InvalidQuery,
    KeyRequired,
    ScopeMissing,
    document_errors,
)
from app.index import Snapshot
from app.keys import Reader
from app.query import Words, list_words, parse_query
from app.search.highlights import HitTexts, highlight
from app.search.queries import Hit, count_hits, find_hits
from app.search.shapes import Count, SearchList, SearchQuery
from app.tables import Article

router = APIRouter(tags=["search"])

# How long a search waits for the change that `min_seq` names.
MIN_SEQ_SECONDS = 5.0
# How long it waits for what this process has written, before it shows what there is: many times the usual lag
# (14 ms alone, 150 ms on a busy machine), and little enough for the minutes that a rebuild of the index
# takes.
OWN_WRITES_SECONDS = 0.5


@router.get(
    "/search",
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
        **document_errors(KeyRequired, InvalidKey, ScopeMissing, InvalidCursor, InvalidQuery, IndexBehind),
    },
    dependencies=[Reader],
)
def search_articles(
    request: Request, session: ReadSession, query: Annotated[SearchQuery, Query()]
) -> Response:
    """Find articles by their words, the best first.

    Those in which all words match come first; those in which some do follow. Phrases, scopes, excluded words
    and the operands of AND, OR and NOT are binding. The index follows the store within moments; `min_seq`
    waits for a change.
    """
    body, headers = write_answer(request, session, query)
    return answer_conditionally(request, body, f'"{hashlib.sha256(body).hexdigest()[:24]}"', headers)


def write_answer(request: Request, session: Session, query: SearchQuery) -> tuple[bytes, dict[str, str]]:
    """Write a search's answer, a SearchList in JSON, and the headers that go with it."""
    node = parse_query(query.q)
    fields = View(fields=query.fields).list_fields()
    snapshot = _take_snapshot(request, query.min_seq)
    found = find_hits(snapshot, query, node=node)
    items = _show_hits(session, found.hits, words=list_words(node) if query.highlight else [], fields=fields)
    count = None if query.count is Count.NONE else count_hits(snapshot, query, node=node)
    body = b'{"items":[%s],"next":%s,"count":%s,"seq":%d}' % (
        b",".join(items),
        orjson.dumps(found.following),
        orjson.dumps(count),
        snapshot.seq,
    )
    headers = {"Dateline-Seq": str(snapshot.seq)}
    if found.following:
        headers["Link"] = f'<{write_next_url(request, found.following)}>; rel="next"'
    return body, headers


def _take_snapshot(request: Request, min_seq: int) -> Snapshot:
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


def _show_hits(
    session: Session, hits: Sequence[Hit], *, words: Sequence[Words], fields: list[str] | None
) -> list[bytes]:
    """Write the hits' JSON. What was deleted or withheld since the index saw it is left out."""
    is_whole = bool(set(fields or ()) - set(ArticleSummary.model_fields))
    rows = _list_rows(session, [hit.article_id for hit in hits], is_whole=is_whole, with_texts=bool(words))
    shown = []
    for hit in hits:
        if (row := rows.get(hit.article_id)) is None:
            continue
        document = row[1]
        if fields is not None:
            values = orjson.loads(document)
            document = orjson.dumps({name: values[name] for name in fields if name in values}).decode()
        found = {"score": hit.score, "highlights": highlight(HitTexts(*row[2:]), words) if words else []}
        # Both are JSON objects: the second continues the first.
        shown.append(document[:-1].encode() + b"," + orjson.dumps(found)[1:])
    return shown


def _list_rows(session: Session, ids: Sequence[int], *, is_whole: bool, with_texts: bool) -> dict[int, Any]:
    """Read the hits' served JSON, and the texts to highlight."""
    document = Article.document if is_whole else Article.brief
    columns: list[Any] = [Article.id, document]
    if with_texts:
        columns += [getattr(Article, name) for name in HitTexts._fields]
    rows = session.execute(
        select(*columns).where(
            col(Article.id).in_(ids),
            col(Article.deleted_at).is_(None),
            col(Article.status) != Status.WITHHELD,
        )
    )
    return {row[0]: row for row in rows}
