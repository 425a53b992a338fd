"""What a query tree and the filters mean to the index."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

import tantivy
from tantivy import FieldType, Occur, Query, Searcher

from app.analysis import fold_name
from app.articles.filters import TERM_FIELDS, DateField, Duplicates, Filters
from app.index import Snapshot
from app.index.schema import COPY, EXACT, SCHEMA, STEMS, TEXT, count_microseconds
from app.query import All, Any, Best, Node, Not, Scope, Words, list_words
from app.stemming import UNKNOWN, is_stop_word, list_forms, read_subtag

# A word of the headline says more of what an article is about than one of the body. How this and the weights
# of pairs were chosen: docs/search.md.
HEADLINE_BOOST = 0.2
# What two words side by side weigh, as in the query.
PAIR_BOOST = 0.1
# Those of the headline weigh more.
HEADLINE_PAIR = 3.0
# What a headline weighs that has all the plain words: about as much as one common word (1 to 8: the same).
WHOLE_HEADLINE = 1.0
MAX_PAIRS = 64
# A query is stemmed by so many of the store's languages, the most frequent ones.
MAX_LANGUAGES = 24
# The share of the articles from which on a language's stop words are left out of a query.
MAIN_SHARE = 0.2

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
    pairs: list[Query]
    """Find nothing, but raise what has words side by side as in the query, or all in the headline."""
    has_words: bool
    """Whether anything is looked for, so that scores mean something."""


def match(node: Node, filters: Filters, snapshot: Snapshot) -> Matching:
    """Write a query tree and filters as queries of the index."""
    limits = _filter(filters)
    vocabulary = Vocabulary.of(snapshot, filters.language)
    parts = node.nodes if isinstance(node, All) else (node,)
    best = next((part for part in parts if isinstance(part, Best)), None)
    binding = [part for part in parts if part is not best]
    plain = vocabulary.drop_stop_words(best.words) if best else ()
    if not limits and not plain and len(binding) == 1 and isinstance(binding[0], Words):
        strict = vocabulary.match_any([binding[0]])  # flat, see `_join_loosely`
    else:
        required = [*binding, *dict.fromkeys(plain)]
        # Stop words need not be there, but raise what has them.
        asides = [word for word in (best.words if best else ()) if word not in plain]
        raising = [*_raise_headline([*required, *asides], vocabulary), *vocabulary.raise_any(asides)]
        strict = _join([*_match_every(required, vocabulary), *raising, *limits])
    loose = None
    if len(plain) > 1 or any(len(word.terms) > 1 for word in plain):
        loose = _join_loosely(vocabulary.match_any(_relax(plain)), _match_parts(binding, vocabulary), limits)
    pairs = [*_list_pairs(best.words, vocabulary), *_match_headline(plain, vocabulary)] if best else []
    return Matching(strict, loose, pairs, bool(list_words(node)))


def _join_loosely(union: Query, binding: list[Clause], limits: list[Clause]) -> Query:
    """Want any of the plain words, and of what was spelt out all.

    Without binding parts and filters it stays one flat union of terms, in which Tantivy skips what cannot be
    among the best; nested, it would have to score every article that has one of the words.
    """
    return _join([(Occur.Must, union), *binding, *limits]) if binding or limits else union


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that the index has, in the languages that are searched."""

    searcher: Searcher
    languages: tuple[str, ...]
    """The languages by which the words of a query are stemmed."""
    main_languages: tuple[str, ...]
    """Those whose stop words are known as such."""

    @classmethod
    def of(cls, snapshot: Snapshot, wanted: list[str]) -> "Vocabulary":
        """Take the languages that were asked for, else those of the articles.

        An article without a language was stemmed by the one that its text seems to be in: any of the store's.
        """
        languages = tuple(dict.fromkeys(read_subtag(language) for language in wanted))[:MAX_LANGUAGES]
        if languages and UNKNOWN not in languages:
            return cls(snapshot.searcher, languages, languages)
        shares = snapshot.languages[:MAX_LANGUAGES]
        return cls(
            snapshot.searcher,
            tuple(language for language, _ in shares),
            tuple(language for language, share in shares if share >= MAIN_SHARE),
        )

    def is_stop_word(self, word: Words) -> bool:
        """Tell whether a word only holds a sentence together."""
        return bool(word.surface) and is_stop_word(word.terms[0][1], self.main_languages)

    def drop_stop_words(self, words: tuple[Words, ...]) -> tuple[Words, ...]:
        """Leave stop words out, unless there is nothing else."""
        return tuple(word for word in words if not self.is_stop_word(word)) or words

    def list_stems(self, word: Words, field: str) -> dict[str, float]:
        """List the forms of a word that are in a field of the index, each with its weight.

        In different languages a word has different stems. They count as one word: each weighs as if it were
        as frequent as all together, else what is rare because it is foreign would weigh most.
        """
        counts = {
            form: self.searcher.doc_freq(field, form) for form in list_forms(word.surface, self.languages)
        }
        counts = {form: count for form, count in counts.items() if count}
        together = self._weigh(sum(counts.values()))
        return {form: together / self._weigh(count) for form, count in counts.items()}

    def _weigh(self, count: int) -> float:
        """Compute BM25's idf."""
        total = self.searcher.num_docs
        return math.log(1 + (max(0, total - count) + 0.5) / (count + 0.5))

    def match_any(self, words: Sequence[Words]) -> Query:
        """Match what has one of these words: one flat union, in which a repeated word weighs more."""
        clauses: list[Clause] = []
        for word, times in Counter(words).items():
            if not _has_stems(word):
                clauses += [(Occur.Should, query) for query in self.list_exact(word)]
                continue
            for field, weight in _weigh_fields(word):
                clauses += self.list_clauses(word, field, weight=weight * times)
        return Query.boolean_query(clauses) if clauses else Query.empty_query()

    def match_stems(self, word: Words, field: str, *, weight: float) -> Query:
        """Match the forms of a word in one field."""
        clauses = self.list_clauses(word, field, weight=weight)
        return _join(clauses) if clauses else Query.empty_query()

    def list_clauses(self, word: Words, field: str, *, weight: float) -> list[Clause]:
        """List clauses for the forms of a word in one field."""
        return [
            (Occur.Should, _boost(Query.term_query(SCHEMA, field, form, "freq"), share * weight))
            for form, share in self.list_stems(word, field).items()
        ]

    def raise_any(self, words: Iterable[Words]) -> list[Clause]:
        """Return clauses that raise what has these words."""
        return [
            clause for word in dict.fromkeys(words) for clause in self.list_clauses(word, TEXT, weight=1.0)
        ]

    def list_exact(self, words: Words) -> list[Query]:
        """List queries for a phrase, prefix or quoted word, one for each part of the article."""
        fields = (str(words.scope),) if words.scope else EXACT
        return [_match_exact(words, field) for field in fields if self.has_terms(words, field)]

    def has_terms(self, words: Words, field: str) -> bool:
        """Tell whether a field has all the terms of a phrase at all."""
        whole = words.terms[:-1] if words.is_prefix else words.terms
        return all(self.searcher.doc_freq(field, term) for _, term in whole)


def _has_stems(words: Words) -> bool:
    return bool(words.surface) and (words.scope is None or words.scope in STEMS)


def _weigh_fields(word: Words) -> tuple[tuple[str, float], ...]:
    """Return the fields that score a word and what they weigh; the first finds all that has the word."""
    if word.scope is None:
        return ((TEXT, 1.0), (STEMS[Scope.HEADLINE], HEADLINE_BOOST))
    return ((STEMS[word.scope], 1.0),)


def _match_exact(words: Words, field: str) -> Query:
    if len(words.terms) == 1 and not words.is_prefix:
        return Query.term_query(SCHEMA, field, words.terms[0][1])
    row: list[str | tuple[int, str]] = list(words.terms)
    if words.is_prefix:
        return Query.phrase_prefix_query(SCHEMA, field, row)
    return Query.phrase_query(SCHEMA, field, row, slop=words.slop)


def _boost(query: Query, weight: float) -> Query:
    return query if weight == 1.0 else Query.boost_query(query, weight)


def _relax(words: tuple[Words, ...]) -> list[Words]:
    """Take words that make several terms apart: of a run of Chinese some pairs are enough."""
    relaxed = []
    for word in words:
        for position, term in word.terms:
            is_prefix = word.is_prefix and position == word.terms[-1][0]
            surface = "" if is_prefix else word.surface or term
            relaxed.append(Words(((0, term),), word.scope, is_prefix=is_prefix, surface=surface))
    return relaxed


def _list_pairs(words: tuple[Words, ...], vocabulary: Vocabulary) -> list[Query]:
    """List phrases of two words that stand side by side in the query."""
    pairs: list[Query] = []
    for first, second in pairwise(words):
        if not (first.surface and second.surface) or any(
            vocabulary.is_stop_word(word) for word in (first, second)
        ):
            continue
        row = Words(((0, first.terms[0][1]), (1, second.terms[0][1])), is_phrase=True)
        pairs += [
            Query.boost_query(
                _match_exact(row, field), PAIR_BOOST * (HEADLINE_PAIR if field == Scope.HEADLINE else 1.0)
            )
            for field in EXACT
            if vocabulary.has_terms(row, field)
        ]
    return pairs[:MAX_PAIRS]


def _match_headline(words: tuple[Words, ...], vocabulary: Vocabulary) -> list[Query]:
    """Match headlines that have all of several words."""
    field = STEMS[Scope.HEADLINE]
    wanted = [
        vocabulary.list_clauses(word, field, weight=1.0) for word in dict.fromkeys(words) if word.surface
    ]
    if len(wanted) < 2 or not all(wanted):
        return []
    whole = Query.boolean_query([(Occur.Must, _join(clauses)) for clauses in wanted])
    return [Query.const_score_query(whole, WHOLE_HEADLINE)]


def raise_pairs(ids: list[int], pairs: list[Query]) -> Query:
    """Score these articles by the pairs of words that they have."""
    return Query.boolean_query(
        [
            (Occur.Must, ignore_score(_match_one_of("id", ids))),
            *((Occur.Should, pair) for pair in pairs),
        ]
    )


def _join(clauses: list[Clause]) -> Query:
    return clauses[0][1] if len(clauses) == 1 else Query.boolean_query(clauses)


def _match_node(node: Node, vocabulary: Vocabulary) -> Query:
    """Write a tree as a query. The parser bounds its depth."""
    if isinstance(node, Words):
        return _match_words(node, vocabulary)
    if isinstance(node, Any):
        return Query.boolean_query([(Occur.Should, _match_node(part, vocabulary)) for part in node.nodes])
    parts = node.nodes if isinstance(node, All) else node.words if isinstance(node, Best) else (node,)
    return _join(_match_every(parts, vocabulary))


def _match_every(parts: Iterable[Node], vocabulary: Vocabulary) -> list[Clause]:
    """Want all the parts; where they only exclude, all articles besides."""
    clauses = _match_parts(parts, vocabulary)
    if all(occur is Occur.MustNot for occur, _ in clauses):
        clauses.insert(0, (Occur.Must, ignore_score(Query.all_query())))
    return clauses


def _match_parts(parts: Iterable[Node], vocabulary: Vocabulary) -> list[Clause]:
    return [
        (Occur.MustNot, _match_node(part.node, vocabulary))
        if isinstance(part, Not)
        else (Occur.Must, _match_node(part, vocabulary))
        for part in parts
    ]


def _match_words(words: Words, vocabulary: Vocabulary) -> Query:
    if _has_stems(words):
        field, weight = _weigh_fields(words)[0]
        return vocabulary.match_stems(words, field, weight=weight)
    exact = [(Occur.Should, query) for query in vocabulary.list_exact(words)]
    return _join(exact) if exact else Query.empty_query()


def _raise_headline(parts: Sequence[Node], vocabulary: Vocabulary) -> list[Clause]:
    """Return clauses that find nothing new, but raise what has the words in its headline."""
    field = STEMS[Scope.HEADLINE]
    return [
        clause
        for word in dict.fromkeys(word for part in parts for word in list_words(part))
        if word.surface and word.scope is None
        for clause in vocabulary.list_clauses(word, field, weight=HEADLINE_BOOST)
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
                keywords = [fold_name(value) if name in TERM_FIELDS else str(value) for value in values]
                clauses.append((occur, _match_one_of(TERM_FIELDS.get(name, name), keywords)))
    for name, ids in (("id", filters.ids), ("story_id", filters.story_id)):
        if ids:
            clauses.append((Occur.Must, _match_one_of(name, ids)))
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


def _match_one_of(field: str, values: Sequence[str | int]) -> Query:
    """Match the articles that have one of these values.

    Tantivy's own query for a set of terms walks the field's whole dictionary: with one value it takes 0.24 ms
    where this takes 0.01, with 100 values 1.4 and 0.25 (100,000 articles).
    """
    return _join([(Occur.Should, Query.term_query(SCHEMA, field, value)) for value in values])


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
