"""A page of search results, made of a query and the index, for whoever shows it: the API, pages, feeds."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.articles.views import View
from app.formats import Format
from app.index import Snapshot
from app.query import Node, describe, list_words, parse_query
from app.search.facets import count_by_date, count_facets, read_facets
from app.search.highlights import Highlighter
from app.search.hits import show_hits
from app.search.matching import Vocabulary
from app.search.queries import count_hits, find_hits, match_all_hits
from app.search.shapes import Count, SearchQuery


@dataclass(frozen=True, slots=True)
class Page:
    """What a search shows: hits as JSON, and what was asked besides; what was not asked is None."""

    items: list[bytes]
    following: str | None
    """The cursor of the next page."""
    count: int | None
    facets: dict[str, list[dict[str, Any]]] | None
    histogram: list[dict[str, Any]] | None
    query: dict[str, Any] | None
    """How the query was read."""


def search(session: Session, snapshot: Snapshot, query: SearchQuery) -> Page:
    """Find a page of articles; raises InvalidQuery, InvalidParameter and InvalidCursor."""
    node = parse_query(query.q)
    facets = read_facets(query.facets)
    view = View(fields=query.fields)
    fields = view.list_fields()
    wanted = query.format or Format.JSON
    if wanted is not Format.JSON:
        view.refuse_parts()
    if query.validate_:
        return Page([], None, None, None, None, describe(node))
    found = find_hits(snapshot, query, node=node)
    is_marked = query.highlight and wanted is Format.JSON
    highlighter = _make_highlighter(snapshot, query, node) if is_marked else None
    items = show_hits(session, found.hits, highlighter=highlighter, fields=fields, wanted=wanted)
    count = None if query.count is Count.NONE else count_hits(snapshot, query, node=node)
    counted = histogram = None
    if facets or query.histogram:
        hits = match_all_hits(snapshot, query, node=node)
        counted = count_facets(snapshot, hits, facets, limit=query.facet_limit) if facets else None
        if query.histogram:
            histogram = count_by_date(snapshot, hits, date_field=query.date_field, interval=query.histogram)
    return Page(items, found.following, count, counted, histogram, None)


def _make_highlighter(snapshot: Snapshot, query: SearchQuery, node: Node) -> Highlighter | None:
    """Make what shows the words of the query; None if it has none."""
    vocabulary = Vocabulary.of(snapshot, query.language)
    words = vocabulary.drop_stop_words(tuple(list_words(node)))
    return Highlighter(words, vocabulary.languages) if words else None
