"""Finding hits in the index: the best first, or in the order of a date, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tantivy import DocAddress, Order, Query, Searcher

from app.articles.filters import MAX_ID, DateField
from app.errors import FieldError, InvalidCursor, InvalidParameter
from app.index import Snapshot
from app.paging import decode_cursor, encode_cursor, fingerprint_query
from app.query import Node, parse_query
from app.search import matching
from app.search.matching import DATE_FIELDS, Matching, match
from app.search.shapes import SearchQuery, SearchSort

# By relevance, hits are numbered from the best, and all before a page have to be ranked for it.
MAX_RANK = 10_000
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
# The sum of BM25 that is shown as half a point: that of two or three good words.
_HALF_POINT = 10.0


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found, with its score if the order is by relevance."""

    article_id: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits, and the cursor of the next one."""

    hits: list[Hit]
    following: str | None


def find_ids(snapshot: Snapshot, text: str, *, limit: int) -> list[int]:
    """Find the articles that match a query best."""
    query = SearchQuery(q=text, limit=limit)
    return [hit.article_id for hit in find_hits(snapshot, query, node=parse_query(text)).hits]


def find_hits(snapshot: Snapshot, query: SearchQuery, *, node: Node) -> Found:
    """Find a page of hits; raises InvalidCursor, or InvalidParameter for a page too far from the best."""
    found = match(node, query)
    sort = query.sort
    if sort is None or (sort is SearchSort.RELEVANCE and not found.has_words):
        sort = SearchSort.RELEVANCE if found.has_words else SearchSort.NEWEST
    paging = {"cursor", "limit", "fields", "count", "highlight", "min_seq"}
    asked = fingerprint_query({**query.model_dump(mode="json", exclude=paging), "sort": sort})
    if sort is SearchSort.RELEVANCE:
        return _list_best(snapshot.searcher, found, query=query, asked=asked)
    return _list_by_date(
        snapshot.searcher, found.strict, limit=query.limit, order=_read_order(query, sort, asked=asked)
    )


def count_hits(snapshot: Snapshot, query: SearchQuery, *, node: Node) -> int:
    """Count what `find_hits` lists over all its pages."""
    found = match(node, query)
    is_by_relevance = query.sort in (None, SearchSort.RELEVANCE)
    counted = found.loose if is_by_relevance and found.loose is not None else found.strict
    result = snapshot.searcher.search(matching.ignore_score(counted), limit=1, count=True)
    return int(result.count)  # type: ignore[attr-defined]  # missing in the package's stub


def _list_best(searcher: Searcher, found: Matching, *, query: SearchQuery, asked: str) -> Found:
    """List by relevance: what matches entirely, then what matches in part, each by BM25."""
    rank = decode_cursor(asked, query.cursor, kinds=(int,))[0] if query.cursor else 0
    if not 0 <= rank < MAX_RANK:
        raise InvalidParameter(
            f"By relevance the first {MAX_RANK} hits can be listed; use sort=newest to list all.",
            errors=[FieldError(field="cursor", message="is too far from the first hit")],
        )
    wanted = rank + query.limit + 1
    ranked = [
        (address, 1 + scale_score(score)) for score, address in _rank(searcher, found.strict, limit=wanted)
    ]
    if found.loose is not None and len(ranked) < wanted:
        known = {(address.segment_ord, address.doc) for address, _ in ranked}
        ranked += [
            (address, scale_score(score))
            for score, address in _rank(searcher, found.loose, limit=wanted)
            if (address.segment_ord, address.doc) not in known
        ]
    page = ranked[rank : rank + query.limit]
    ids = searcher.fast_field_values("id", [address for address, _ in page])
    hits = [Hit(int(article_id or 0), score) for article_id, (_, score) in zip(ids, page, strict=True)]
    is_more = len(ranked) >= wanted
    return Found(hits, encode_cursor(asked, [rank + query.limit]) if is_more else None)


def _rank(searcher: Searcher, query: Query, *, limit: int) -> Sequence[tuple[Any, DocAddress]]:
    # Without counting, Tantivy skips what cannot be among the best.
    return searcher.search(query, limit=limit, count=False).hits


def scale_score(score: float) -> float:
    """Bring a sum of BM25 between 0 and 1, keeping the order."""
    return round(score / (score + _HALF_POINT), 6)


@dataclass(frozen=True, slots=True)
class _DateOrder:
    """An order by a date and, for the same date, by id; and where the page before ended."""

    field: str
    is_descending: bool
    asked: str
    last: tuple[int, int] | None

    @property
    def direction(self) -> Order:
        """The order as Tantivy names it."""
        return Order.Desc if self.is_descending else Order.Asc

    def match_rest(self) -> Query:
        """Match what comes after the page before; of articles that have the date at all."""
        if self.last is None:
            return matching.match_range(self.field, lower=_LOWEST, upper=_HIGHEST)
        moment, article_id = self.last
        return matching.match_any(
            self._match_beyond(self.field, moment),
            matching.limit(matching.match_number(self.field, moment), self._match_beyond("id", article_id)),
        )

    def _match_beyond(self, field: str, number: int) -> Query:
        if self.is_descending:
            return matching.match_range(field, lower=_LOWEST, upper=number - 1)
        return matching.match_range(field, lower=min(number, MAX_ID - 1) + 1, upper=_HIGHEST)


def _read_order(query: SearchQuery, sort: SearchSort, *, asked: str) -> _DateOrder:
    date_field = DateField.UPDATED if sort is SearchSort.UPDATED else query.date_field
    last = None
    if query.cursor is not None:
        moment, article_id = decode_cursor(asked, query.cursor, kinds=(int, int))
        if max(abs(moment), abs(article_id)) > MAX_ID:
            raise InvalidCursor("The cursor is not one that this API gave.")
        last = (moment, article_id)
    return _DateOrder(DATE_FIELDS[date_field], sort is not SearchSort.OLDEST, asked, last)


def _list_by_date(searcher: Searcher, query: Query, *, limit: int, order: _DateOrder) -> Found:
    """List by date. The index orders by one number: those with the last date are asked for again, by id."""
    rest = matching.limit(query, order.match_rest())
    wanted = limit + 1
    rows = searcher.search(
        rest, limit=wanted, count=False, order_by_field=order.field, order=order.direction
    ).hits
    if not rows:
        return Found([], None)
    last_moment = rows[-1][0]
    before = [(moment, address) for moment, address in rows if moment != last_moment]
    ids = searcher.fast_field_values("id", [address for _, address in before])
    listed = [(moment, int(number or 0)) for (moment, _), number in zip(before, ids, strict=True)]
    listed.sort(reverse=order.is_descending)
    with_last = searcher.search(
        matching.limit(rest, matching.match_number(order.field, last_moment)),
        limit=wanted - len(listed),
        count=False,
        order_by_field="id",
        order=order.direction,
    )
    listed += [(last_moment, article_id) for article_id, _ in with_last.hits]
    page = listed[:limit]
    following = encode_cursor(order.asked, list(page[-1])) if len(listed) > len(page) else None
    return Found([Hit(article_id, None) for _, article_id in page], following)
