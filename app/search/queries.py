"""Finding hits in the index: the best first, or in the order of a date, page by page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from tantivy import DocAddress, Order, Query, Searcher

from app.articles.filters import MAX_ID, DateField, Filters
from app.errors import FieldError, InvalidCursor, InvalidParameter
from app.index import Snapshot
from app.index.schema import count_microseconds
from app.paging import decode_cursor, encode_cursor, fingerprint_query
from app.query import Node, parse_query
from app.search import matching
from app.search.hits import Hit
from app.search.matching import DATE_FIELDS, Matching, match
from app.search.shapes import SearchQuery, SearchSort

# By relevance, hits are numbered from the best, and all before a page have to be ranked for it.
MAX_RANK = 10_000
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
# So many of the best are put in order anew by the pairs of words that they have.
RERANKED = 30
BY_SCORE = (SearchSort.RELEVANCE, SearchSort.RECENT)
# By score and age: from all articles, and from those of the last days, so many of the best.
CANDIDATES = 200
RECENT_DAYS = (30, 365)
# An article's score falls by half of what age can take with every so many days, down to this part of it.
HALF_LIFE_DAYS = 30.0
OLD_WEIGHT = 0.25
_DAY = 86_400_000_000
# The sum of BM25 that is shown as half a point: that of two or three good words.
_HALF_POINT = 10.0


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
    found = match(node, query, snapshot)
    sort = query.sort or SearchSort.RELEVANCE
    if sort in BY_SCORE and not found.has_words:
        sort = SearchSort.NEWEST
    paging = set(SearchQuery.model_fields) - set(Filters.model_fields) - {"q"}
    asked = fingerprint_query({**query.model_dump(mode="json", exclude=paging), "sort": sort})
    if sort is SearchSort.RECENT:
        return _list_recent(snapshot.searcher, found, query=query, asked=asked)
    if sort is SearchSort.RELEVANCE:
        return _list_best(snapshot.searcher, found, query=query, asked=asked)
    return _list_by_date(
        snapshot.searcher, found.strict, limit=query.limit, order=_read_order(query, sort, asked=asked)
    )


def count_hits(snapshot: Snapshot, query: SearchQuery, *, node: Node) -> int:
    """Count what `find_hits` lists over all its pages."""
    result = snapshot.searcher.search(match_all_hits(snapshot, query, node=node), limit=1, count=True)
    return int(result.count)  # type: ignore[attr-defined]  # missing in the package's stub


def match_all_hits(snapshot: Snapshot, query: SearchQuery, *, node: Node) -> Query:
    """Match what `find_hits` lists over all its pages."""
    found = match(node, query, snapshot)
    is_by_score = query.sort is None or query.sort is SearchSort.RELEVANCE
    return matching.ignore_score(found.loose if is_by_score and found.loose is not None else found.strict)


def _list_best(searcher: Searcher, found: Matching, *, query: SearchQuery, asked: str) -> Found:
    """List by relevance: what matches entirely, then what matches in part, each by BM25."""
    rank = decode_cursor(asked, query.cursor, kinds=(int,))[0] if query.cursor else 0
    if not 0 <= rank < MAX_RANK:
        raise InvalidParameter(
            f"By relevance the first {MAX_RANK} hits can be listed; use sort=newest to list all.",
            errors=[FieldError(field="cursor", message="is too far from the first hit")],
        )
    wanted = rank + query.limit + 1
    looked_at = max(wanted, RERANKED) if found.pairs else wanted
    # Without counting, Tantivy skips what cannot be among the best.
    strict = searcher.search(found.strict, limit=looked_at, count=False).hits
    ranked = [_Ranked(1, score, address) for score, address in strict]
    if found.loose is not None and len(ranked) < looked_at:
        known = {_name(each.address) for each in ranked}
        loose = searcher.search(found.loose, limit=looked_at, count=False).hits
        ranked += [_Ranked(0, score, address) for score, address in loose if _name(address) not in known]
    if found.pairs:
        ranked = [*_raise_pairs(searcher, ranked[:RERANKED], found.pairs), *ranked[RERANKED:]]
    page = ranked[rank : rank + query.limit]
    ids = searcher.fast_field_values("id", [each.address for each in page])
    hits = [
        Hit(int(article_id or 0), each.tier + scale_score(each.score))
        for article_id, each in zip(ids, page, strict=True)
    ]
    is_more = len(ranked) >= wanted
    return Found(hits, encode_cursor(asked, [rank + query.limit]) if is_more else None)


class _Ranked(NamedTuple):
    """An article that was found, before its place is settled."""

    tier: int
    """1 if everything matches, 0 if a part does."""
    score: float
    address: DocAddress


def _raise_pairs(searcher: Searcher, ranked: list[_Ranked], pairs: list[Query]) -> list[_Ranked]:
    """Put the best in order anew, by what they have side by side."""
    ids = [int(number or 0) for number in searcher.fast_field_values("id", [each.address for each in ranked])]
    beside = searcher.search(matching.raise_pairs(ids, pairs), limit=RERANKED, count=False).hits
    raised = {_name(address): score for score, address in beside}
    anew = [each._replace(score=each.score + raised.get(_name(each.address), 0.0)) for each in ranked]
    return sorted(anew, key=lambda each: (-each.tier, -each.score))


def _name(address: DocAddress) -> tuple[int, int]:
    return address.segment_ord, address.doc


def _list_recent(searcher: Searcher, found: Matching, *, query: SearchQuery, asked: str) -> Found:
    """List by score and age: of all that matches the best, and of what is recent the best too."""
    rank, now = 0, count_microseconds(datetime.now(UTC))
    if query.cursor:
        rank, now = decode_cursor(asked, query.cursor, kinds=(int, int))
        if max(abs(rank), abs(now)) > MAX_ID:
            raise InvalidCursor("The cursor is not one that this API gave.")
    field = DATE_FIELDS[query.date_field]
    scores: dict[tuple[int, int], tuple[float, DocAddress]] = {}
    for days in (None, *RECENT_DAYS):
        bound = (
            []
            if days is None
            else [matching.match_range(field, lower=max(_LOWEST, now - days * _DAY), upper=_HIGHEST)]
        )
        best = searcher.search(matching.limit(found.strict, *bound), limit=CANDIDATES, count=False).hits
        scores.update((_name(address), (score, address)) for score, address in best)
    candidates = list(scores.values())
    addresses = [address for _, address in candidates]
    moments = searcher.fast_field_values(field, addresses)
    ids = searcher.fast_field_values("id", addresses)
    hits = [
        Hit(int(article_id or 0), round(1 + scale_score(score) * _weigh_age(moment, now), 6))
        for (score, _), moment, article_id in zip(candidates, moments, ids, strict=True)
    ]
    hits.sort(key=lambda hit: (-(hit.score or 0), -hit.article_id))
    page = hits[max(rank, 0) : max(rank, 0) + query.limit]
    is_more = len(hits) > max(rank, 0) + query.limit
    return Found(page, encode_cursor(asked, [max(rank, 0) + query.limit, now]) if is_more else None)


def _weigh_age(moment: float | None, now: int) -> float:
    """Weigh an article by its age: whole if it is new, down to `OLD_WEIGHT`; one without a date is old."""
    if moment is None:
        return OLD_WEIGHT
    days = max(0.0, (now - moment) / _DAY)
    freshness: float = 0.5 ** min(1000.0, days / HALF_LIFE_DAYS)
    return OLD_WEIGHT + (1 - OLD_WEIGHT) * freshness


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
