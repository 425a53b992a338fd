"""What a query tree and the filters mean to the index."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any as AnyValue

import tantivy
from tantivy import FieldType, Occur, Query

from app.articles.filters import TERM_FIELDS, DateField, Duplicates, Filters, fold
from app.index.schema import COPY, SCHEMA, TEXT, count_microseconds
from app.query import All, Any, Best, Node, Not, Scope, Words, list_words

# A word of the headline says more of what an article is about than one of the body. Swept over 0-4 on the
# known-item and news collections of bench/: see docs/search.md.
HEADLINE_BOOST = 1.0

DATE_FIELDS = {
    DateField.DATE: "date",
    DateField.PUBLISHED: "published_at",
    DateField.CREATED: "created_at",
    DateField.UPDATED: "updated_at",
    DateField.DATELINE: "dateline_day",
}
_KEYWORD_FILTERS = (
    *("language", "domain", "agency", "section", "status", "url", "external_id"),
    *TERM_FIELDS,
)
Clause = tuple[Occur, Query]


@dataclass(frozen=True, slots=True)
class Matching:
    """A search as the index runs it."""

    strict: Query
    """Finds the articles in which everything matches."""
    loose: Query | None
    """Finds those in which any of the plain words does, too; None if there is nothing to be lenient about."""
    has_words: bool
    """Whether anything is looked for, so that scores mean something."""


def match(node: Node, filters: Filters) -> Matching:
    """Write a query tree and filters as queries of the index."""
    limits = _filter(filters)
    words = list_words(node)
    strict = [(Occur.Must, _match_node(node)), *_weigh_headline(words), *limits]
    return Matching(_join(strict), _match_loosely(node, limits), bool(words))


def _match_loosely(node: Node, limits: list[Clause]) -> Query | None:
    """Want any of the plain words, and of what was spelt out all.

    Without binding parts and filters it is one flat union of terms, in which Tantivy skips what cannot be
    among the best; nested, it would have to score every article that has one of the words.
    """
    parts = node.nodes if isinstance(node, All) else (node,)
    best = next((part for part in parts if isinstance(part, Best)), None)
    if best is None:
        return None
    words = _relax(best.words)
    terms = [(Occur.Should, _match_words(word)) for word in words] + _weigh_headline(words)
    binding = [part for part in parts if part is not best]
    if not binding and not limits:
        return Query.boolean_query(terms)
    return _join([(Occur.Must, Query.boolean_query(terms)), *_match_parts(binding), *limits])


def _relax(words: tuple[Words, ...]) -> list[Words]:
    """Take words that make several terms apart: of a run of Chinese some pairs are enough."""
    relaxed = [
        Words(((0, term),), word.scope, is_prefix=word.is_prefix and position == word.terms[-1][0])
        for word in words
        for position, term in word.terms
    ]
    return list(dict.fromkeys(relaxed))


def _join(clauses: list[Clause]) -> Query:
    return clauses[0][1] if len(clauses) == 1 else Query.boolean_query(clauses)


def _match_node(node: Node) -> Query:
    """Write a tree as a query. The parser bounds its depth."""
    if isinstance(node, Words):
        return _match_words(node)
    if isinstance(node, Any):
        return Query.boolean_query([(Occur.Should, _match_node(part)) for part in node.nodes])
    parts = node.nodes if isinstance(node, All) else node.words if isinstance(node, Best) else (node,)
    clauses = _match_parts(parts)
    if not any(
        occur is Occur.Must for occur, _ in clauses
    ):  # a query that only excludes finds nothing by itself
        clauses.append((Occur.Must, ignore_score(Query.all_query())))
    return _join(clauses)


def _match_parts(parts: AnyValue) -> list[Clause]:
    return [
        (Occur.MustNot, _match_node(part.node)) if isinstance(part, Not) else (Occur.Must, _match_node(part))
        for part in parts
    ]


def _match_words(words: Words, field: str | None = None) -> Query:
    name = field or (str(words.scope) if words.scope else TEXT)
    if len(words.terms) == 1 and not words.is_prefix:
        return Query.term_query(SCHEMA, name, words.terms[0][1])
    row: list[str | tuple[int, str]] = list(words.terms)
    if words.is_prefix:
        return Query.phrase_prefix_query(SCHEMA, name, row)
    return Query.phrase_query(SCHEMA, name, row, slop=words.slop)


def _weigh_headline(words: list[Words]) -> list[Clause]:
    """Return clauses that find nothing new, but raise what has the words in its headline."""
    return [
        (Occur.Should, Query.boost_query(_match_words(word, Scope.HEADLINE), HEADLINE_BOOST))
        for word in words
        if word.scope is None and not word.is_prefix
    ]


def ignore_score(query: Query) -> Query:
    """Match the same without scoring."""
    return Query.const_score_query(query, 0.0)


def _filter(filters: Filters) -> list[Clause]:
    """Write the filters as clauses that do not score; they mean what they mean to /v1/articles."""
    clauses: list[Clause] = []
    for name in _KEYWORD_FILTERS:
        for values, occur in (
            (getattr(filters, name), Occur.Must),
            (getattr(filters, f"not_{name}", None), Occur.MustNot),
        ):
            if values:
                keywords = [fold(value) if name in TERM_FIELDS else str(value) for value in values]
                clauses.append((occur, Query.term_set_query(SCHEMA, TERM_FIELDS.get(name, name), keywords)))
    for name, ids in (("id", filters.ids), ("story_id", filters.story_id)):
        if ids:
            clauses.append((Occur.Must, Query.term_set_query(SCHEMA, name, ids)))
    clauses += [(Occur.Must, _match_keyword("has", part)) for part in filters.has]
    clauses += [(Occur.MustNot, _match_keyword("has", part)) for part in filters.not_has]
    if filters.duplicates is not Duplicates.ALL:
        occur = Occur.Must if filters.duplicates is Duplicates.ONLY else Occur.MustNot
        clauses.append((occur, _match_keyword("has", COPY)))
    clauses += _filter_ranges(filters)
    return [(occur, ignore_score(query)) for occur, query in clauses]


def _filter_ranges(filters: Filters) -> list[Clause]:
    start, end = filters.from_, filters.to
    name = DATE_FIELDS[filters.date_field]
    bounds: tuple[tuple[str, datetime | date | int | None, datetime | date | int | None], ...] = (
        ("word_count", filters.word_count_min, filters.word_count_max),
        ("updated_at", filters.updated_since, None),
        (name, start, end)
        if filters.date_field is not DateField.DATELINE
        else (name, start.date() if start else None, end.date() if end else None),
    )
    return [
        (Occur.Must, match_range(field, lower=_count(lower), upper=_count(upper)))
        for field, lower, upper in bounds
        if lower is not None or upper is not None
    ]


def _count(bound: datetime | date | int | None) -> int | None:
    return bound if bound is None or isinstance(bound, int) else count_microseconds(bound)


def _match_keyword(field: str, value: str) -> Query:
    return Query.term_query(SCHEMA, field, str(value))


def match_range(field: str, *, lower: int | None, upper: int | None) -> Query:
    """Match the articles whose number lies between two bounds, both included."""
    return Query.range_query(SCHEMA, field, FieldType.Integer, lower_bound=lower, upper_bound=upper)


def limit(query: Query, *limits: Query) -> Query:
    """Match what the query and all the limits match, scored as by the query alone."""
    return Query.boolean_query(
        [(Occur.Must, query), *((Occur.Must, ignore_score(bound)) for bound in limits)]
    )


def match_any(*queries: Query) -> Query:
    """Match what one of the queries matches."""
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def match_number(field: str, number: int) -> Query:
    """Match the articles with this number."""
    return tantivy.Query.term_query(SCHEMA, field, number)
