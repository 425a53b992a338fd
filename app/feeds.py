"""Any filters or search as a feed to subscribe to: Atom, and JSON Feed.

Both show what was stored or changed last first, so that a reader who looks at the first page now and then
misses nothing, and link to older pages (RFC 5005). What was deleted or withheld among the last
TOMBSTONE_CHANGES changes is named, so that readers can drop it (RFC 6721). A feed depends only on what is
stored, not on the time: its ETag stays the same as long as nothing in it changes.
"""

import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

import orjson
from fastapi import Query, Request, Response
from pydantic import Field
from sqlalchemy import and_, func, or_, select
from sqlmodel import Session, col

from app.articles.conditional import answer_conditionally
from app.articles.filters import Filters
from app.articles.shapes import Status
from app.changes.shapes import ChangeKind
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
from app.formats import write_html
from app.keys import Reader
from app.paging import DEFAULT_LIMIT, MAX_LIMIT
from app.query import parse_query
from app.requests import make_router
from app.search import find_hits, take_snapshot
from app.search.shapes import SearchQuery, SearchSort
from app.tables import Article, Change

router = make_router("/v1", "feeds")

ATOM, JSON_FEED = "application/atom+xml", "application/feed+json"
# How far back deletions are looked for: some milliseconds of work, and days of a store of usual size.
TOMBSTONE_CHANGES = 5000
TITLE_LENGTH = 100
_ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"
_TOMBSTONE_NAMESPACE = "http://purl.org/atompub/tombstones/1.0"
# Characters that XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# An empty feed must have a time too; it shall not change from one request to the next.
_NEVER = "1970-01-01T00:00:00Z"
_FEED_ERRORS = (KeyRequired, InvalidKey, ScopeMissing, InvalidCursor, InvalidQuery, IndexBehind)


class FeedQuery(Filters):
    """What a feed can be asked for."""

    q: str = Field("", description="What to look for, as in `/v1/search`. Without it, all articles.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Entries of a page.")
    cursor: str | None = Field(None, description="Of an older page, as the feed's links have it.")


class Tombstone(NamedTuple):
    """An article that readers should drop, and when it was deleted or withheld."""

    uri: str
    at: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of a feed, before it is written in one of the two formats."""

    base: str
    query: Sequence[tuple[str, str]]
    articles: Sequence[dict[str, Any]]
    tombstones: Sequence[Tombstone]
    cursor: str | None
    next_cursor: str | None

    @property
    def title(self) -> str:
        """The feed's name: what it was asked for."""
        asked = ", ".join(f"{name}: {value}" for name, value in self.query if name != "limit")
        return f"Dateline – {asked}" if asked else "Dateline"

    @property
    def id(self) -> str:
        """The feed's identity, the same for all its pages."""
        return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{self.base}/v1/feed?{urlencode(sorted(self.query))}')}"

    @property
    def updated(self) -> str:
        """When something in it changed last."""
        times = [article["updated_at"] for article in self.articles] + [stone.at for stone in self.tombstones]
        return max(times, default=_NEVER)

    def write_url(self, path: str, cursor: str | None = None) -> str:
        """Write the address of one of its pages."""
        query = urlencode([*self.query, *([("cursor", cursor)] if cursor else [])])
        return f"{self.base}{path}?{query}" if query else f"{self.base}{path}"


@router.get(
    "/feed.atom",
    operation_id="read_atom_feed",
    response_class=Response,
    responses={
        200: {"content": {ATOM: {"schema": {"type": "string"}}}},
        304: {"description": "The client has this page already."},
        **document_errors(*_FEED_ERRORS),
    },
    dependencies=[Reader],
)
def read_atom_feed(request: Request, session: ReadSession, query: Annotated[FeedQuery, Query()]) -> Response:
    """Subscribe to articles as Atom (RFC 4287), those stored or changed last first.

    Links lead to older pages (RFC 5005); `at:deleted-entry` (RFC 6721) names what was deleted or withheld.
    """
    feed = _read_feed(request, session, query)
    return _answer(request, write_atom(feed), ATOM)


@router.get(
    "/feed.json",
    operation_id="read_json_feed",
    response_class=Response,
    responses={
        200: {"content": {JSON_FEED: {"schema": {"type": "object"}}}},
        304: {"description": "The client has this page already."},
        **document_errors(*_FEED_ERRORS),
    },
    dependencies=[Reader],
)
def read_json_feed(request: Request, session: ReadSession, query: Annotated[FeedQuery, Query()]) -> Response:
    """Subscribe to articles as JSON Feed 1.1, those stored or changed last first.

    `next_url` leads to older pages; `_dateline.deleted` names what was deleted or withheld.
    """
    feed = _read_feed(request, session, query)
    return _answer(request, write_json_feed(feed), JSON_FEED)


def _answer(request: Request, body: bytes, media_type: str) -> Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    return answer_conditionally(request, body, etag, media_type=media_type)


def _read_feed(request: Request, session: Session, query: FeedQuery) -> Feed:
    """Find a page in the index, newest change first, and read its articles from the tables."""
    search = SearchQuery.model_construct(**dict(query), sort=SearchSort.UPDATED)
    found = find_hits(take_snapshot(request, 0), search, node=parse_query(query.q))
    documents = _list_documents(session, [hit.article_id for hit in found.hits])
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return Feed(
        base=request.app.state.settings.public_url or "",
        query=kept,
        articles=[
            orjson.loads(documents[hit.article_id]) for hit in found.hits if hit.article_id in documents
        ],
        tombstones=[] if query.cursor else _list_tombstones(session),
        cursor=query.cursor,
        next_cursor=found.following,
    )


def _list_documents(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Read the articles' JSON, without those deleted or withheld since the index saw them."""
    rows = session.execute(
        select(col(Article.id), col(Article.document)).where(
            col(Article.id).in_(ids),
            col(Article.deleted_at).is_(None),
            col(Article.status) != Status.WITHHELD,
        )
    )
    return {row[0]: row[1] for row in rows}


def _list_tombstones(session: Session) -> list[Tombstone]:
    """List what the last changes have deleted or withheld, the newest first."""
    last_seq = session.execute(select(func.max(col(Change.seq)))).scalar() or 0
    was_withheld = and_(col(Change.kind) == ChangeKind.UPDATED, col(Article.status) == Status.WITHHELD)
    # Joined by the article's newest change: what was released since is no longer withheld.
    rows = session.execute(
        select(col(Article.uri), col(Change.at))
        .join(Article, and_(col(Article.id) == col(Change.article_id), col(Article.seq) == col(Change.seq)))
        .where(
            col(Change.seq) > last_seq - TOMBSTONE_CHANGES,
            or_(col(Change.kind) == ChangeKind.DELETED, was_withheld),
        )
        .order_by(col(Change.seq).desc())
    )
    return [Tombstone(uri, f"{at:%Y-%m-%dT%H:%M:%SZ}") for uri, at in rows]


def _name_article(article: dict[str, Any]) -> str:
    """Return the headline, or the beginning of the body where there is none."""
    return article["headline"] or " ".join(article["body"].split())[:TITLE_LENGTH]


def _find_moment(article: dict[str, Any]) -> str | None:
    """Return the moment of publication; None where only a day is known: no hour is made up."""
    published = article["published_at"]
    return published["value"] if published and published["precision"] in ("minute", "second") else None


def _list_author_names(article: dict[str, Any]) -> list[str]:
    source = article["source"] or {}
    names = [author["name"] for author in article["authors"]]
    return names or [name for name in (source.get("name") or source.get("domain"),) if name]


def write_atom(feed: Feed) -> bytes:
    """Write the feed as Atom."""
    root = ET.Element("feed", {"xmlns": _ATOM_NAMESPACE, "xmlns:at": _TOMBSTONE_NAMESPACE})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "updated", feed.updated)
    _add(ET.SubElement(root, "author"), "name", "Dateline")
    path = "/v1/feed.atom"
    _link(root, "self", feed.write_url(path, feed.cursor), ATOM)
    _link(root, "first", feed.write_url(path), ATOM)
    if feed.next_cursor:
        _link(root, "next", feed.write_url(path, feed.next_cursor), ATOM)
    for article in feed.articles:
        _add_entry(root, article, feed.base)
    for stone in feed.tombstones:
        ET.SubElement(root, "at:deleted-entry", {"ref": stone.uri, "when": stone.at})
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode").encode()


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = _NOT_XML.sub("\ufffd", text)


def _link(parent: ET.Element, rel: str, url: str, kind: str) -> None:
    ET.SubElement(parent, "link", {"rel": rel, "type": kind, "href": _NOT_XML.sub("", url)})


def _add_entry(root: ET.Element, article: dict[str, Any], base: str) -> None:
    entry = ET.SubElement(root, "entry")
    if article["language"] != "und":
        entry.set("xml:lang", article["language"])
    _add(entry, "id", article["uri"])
    _add(entry, "title", _name_article(article))
    _add(entry, "updated", article["updated_at"])
    if moment := _find_moment(article):
        _add(entry, "published", moment)
    for name in _list_author_names(article):
        _add(ET.SubElement(entry, "author"), "name", name)
    _link(entry, "alternate", article["url"] or f"{base}/articles/{article['id']}", "text/html")
    _link(entry, "alternate", f"{base}/v1/articles/{article['id']}", "application/json")
    for tag in article["tags"] + ([article["section"]] if article["section"] else []):
        ET.SubElement(entry, "category", {"term": _NOT_XML.sub("\ufffd", tag)})
    if article["standfirst"]:
        _add(entry, "summary", article["standfirst"])
    _add(entry, "content", write_html(article), type="html")


def write_json_feed(feed: Feed) -> bytes:
    """Write the feed as JSON Feed."""
    path = "/v1/feed.json"
    made: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "feed_url": feed.write_url(path),
        "items": [_make_item(article, feed.base) for article in feed.articles],
        "_dateline": {"deleted": [{"id": stone.uri, "at": stone.at} for stone in feed.tombstones]},
    }
    if feed.next_cursor:
        made["next_url"] = feed.write_url(path, feed.next_cursor)
    return orjson.dumps(made)


def _make_item(article: dict[str, Any], base: str) -> dict[str, Any]:
    item = {
        "id": article["uri"],
        "url": f"{base}/articles/{article['id']}",
        "external_url": article["url"],
        "title": _name_article(article),
        "summary": article["standfirst"],
        "content_html": write_html(article),
        "date_published": _find_moment(article),
        "date_modified": article["updated_at"],
        "authors": [{"name": name} for name in _list_author_names(article)],
        "tags": article["tags"],
        "language": None if article["language"] == "und" else article["language"],
        "_dateline": {
            name: article[name]
            for name in (
                *("id", "version", "seq", "status", "dateline", "agency", "source"),
                *("published_at", "modified_at"),
            )
        },
    }
    return {name: value for name, value in item.items() if value not in (None, [])}
