"""What the search index holds of an article.

Nothing of the text is stored in it, only what finds, sorts and counts; hits are read from the tables by id.
`text` holds the stems of all parts, so that a word is one look-up and idf is that of the whole article. The
parts that can be searched alone, or weigh more, have their stems beside it, and every part its terms as they
are, in order: they answer phrases, prefixes and quoted words. Text arrives as terms of `app.analysis`, so
Tantivy splits at spaces only.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import tantivy
from sqlalchemy import Row

from app import analysis, stemming
from app.analysis import fold_name
from app.cleaning.languages import detect_language
from app.query import Scope
from app.tables import Article, get_table

# Raise it whenever a field is added or filled otherwise: then a new index is built.
_FIELDS_VERSION = 2
VERSION = f"v{_FIELDS_VERSION}-{analysis.VERSION}-{stemming.VERSION}"

# The stems of all parts.
TEXT = "text"
# The stems of the parts that can be searched alone. Names of people and places have none.
STEMS = {Scope.HEADLINE: "headline_stems", Scope.BODY: "body_stems", Scope.CAPTION: "caption_stems"}
# The terms of each part; kicker and standfirst are the others.
OTHERS = "others"
EXACT = (*(str(scope) for scope in Scope), OTHERS)
# The language whose stems an article has, which is detected where nobody has named it.
STEMMED_AS = "stemmed_as"
# Exact values, compared as they are (folded names included).
KEYWORDS = (
    "language",
    "source",
    "domain",
    "agency",
    "author",
    "section",
    "tag",
    "place",
    "country",
    "status",
    "has",
    "url",
    "external_id",
)
# What facets count and suggestions begin with. Names are written as folded, then as they are, between them:
NAME_BREAK = "\x1f"
NAMES = ("author", "place", "tag", "source")
FACETS = ("language", "source", "agency", "place", "country", "author", "section", "tag")
# Moments in microseconds since 1970, as exact as the tables have them.
MOMENTS = ("date", "published_at", "created_at", "updated_at", "dateline_day")
NUMBERS = ("id", "seq", "story_id", "word_count", *MOMENTS)
# The status whose articles are not in the index: even a count of hits would tell what words they have.
WITHHELD = "withheld"
# Names whose values are remembered, since most come again: sources, places, tags, the same authors.
_NAMES_REMEMBERED = 4096
# Words of a name that a suggestion can begin with.
_NAME_WORDS = 8
COPY = "copy"  # the value of `has` that marks a copy of another article

# What is read of a row.
COLUMNS: tuple[Any, ...] = tuple(
    get_table(Article).c[name]
    for name in (
        *(
            "id",
            "seq",
            "deleted_at",
            "headline",
            "kicker",
            "standfirst",
            "byline",
            "dateline_text",
            "body",
            "media",
        ),
        *("language", "source_domain", "agency", "section", "status", "url", "external_id", "media_count"),
        *("duplicate_of", "story_id", "word_count"),
        *("authors", "dateline", "tags", "source_name"),
        *("sorted_at", "published_at", "created_at", "updated_at", "dateline_date"),
    )
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def name_facet(facet: str) -> str:
    """Return the field that a facet counts."""
    return f"{facet}_name" if facet in NAMES else facet


def name_suggestions(name: str) -> str:
    """Return the field that suggestions of names are looked up in: a name from each of its words on."""
    return f"{name}_words"


def build_schema() -> tantivy.Schema:
    """Build the index's schema."""
    builder = tantivy.SchemaBuilder()
    for name in NUMBERS:
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in (TEXT, STEMS[Scope.HEADLINE]):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in (STEMS[Scope.BODY], STEMS[Scope.CAPTION]):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    for name in EXACT:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in (*KEYWORDS, STEMMED_AS):
        is_counted = name in FACETS and name not in NAMES
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=is_counted)
    for name in NAMES:
        builder.add_text_field(name_facet(name), tokenizer_name="raw", index_option="basic", fast=True)
        builder.add_text_field(name_suggestions(name), tokenizer_name="raw", index_option="basic")
    return builder.build()


SCHEMA = build_schema()


def count_microseconds(moment: datetime | date) -> int:
    """Count the microseconds from 1970 to a moment, or to the start of a day."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def find_stemming_language(article: Any) -> str:
    """Find the language by which an article is stemmed: its own, or the one that its text seems to be in."""
    language = stemming.read_subtag(article.language)
    if language != stemming.UNKNOWN:
        return language
    return detect_language(f"{article.headline or ''} {article.body}".lower(), unsure="en")


def make_document(row: Row[Any]) -> tantivy.Document:
    """Make an article's document from its columns."""
    document = tantivy.Document()
    for name, number in _list_numbers(row):
        document.add_integer(name, number)
    language = find_stemming_language(row)
    for name, keyword in (*_list_keywords(row), *_list_names(row), (STEMMED_AS, language)):
        document.add_text(name, keyword)
    stems = stemming.list_stems(language)
    for scope, text in _list_texts(row):
        words = analysis.list_words(text)
        stemmed = " ".join(map(stems.__getitem__, words))
        # Each part is a value of its own: a phrase does not reach from one into the next.
        document.add_text(OTHERS if scope is None else scope, " ".join(analysis.list_terms(text, words)))
        document.add_text(TEXT, stemmed)
        if scope in STEMS:
            document.add_text(STEMS[scope], stemmed)
    return document


def _list_names(row: Row[Any]) -> list[tuple[str, str]]:
    """List names as filters compare them, as facets count them, and as suggestions begin with them."""
    places = (row.dateline or {}).get("places") or []
    names = {("source", row.source_name)}
    names.update(("author", author["name"]) for author in row.authors)
    names.update(("place", place["name"]) for place in places)
    names.update(("tag", tag) for tag in row.tags)
    countries = sorted({fold_name(place["country"]) for place in places if place["country"]})
    written = [("country", country) for country in countries]
    for kind, name in sorted((kind, name) for kind, name in names if name and not name.isspace()):
        written += _write_name(kind, name)
    return written


@lru_cache(maxsize=_NAMES_REMEMBERED)
def _write_name(kind: str, name: str) -> list[tuple[str, str]]:
    folded = fold_name(name)
    words = folded.split(" ")
    return [
        (kind, folded),
        (name_facet(kind), folded + NAME_BREAK + name),
        *(
            (name_suggestions(kind), " ".join(words[first:]) + NAME_BREAK + name)
            for first in range(min(len(words), _NAME_WORDS))
        ),
    ]


def _list_numbers(row: Row[Any]) -> list[tuple[str, int]]:
    moments = (row.sorted_at, row.published_at, row.created_at, row.updated_at, row.dateline_date)
    numbers = [("id", row.id), ("seq", row.seq), ("story_id", row.story_id), ("word_count", row.word_count)]
    numbers += [
        (name, None if moment is None else count_microseconds(moment))
        for name, moment in zip(MOMENTS, moments, strict=True)
    ]
    return [(name, number) for name, number in numbers if number is not None]


def _list_keywords(row: Row[Any]) -> list[tuple[str, str]]:
    subtags = row.language.split("-")
    keywords = [("language", "-".join(subtags[:count])) for count in range(1, len(subtags) + 1)]
    keywords += [
        (name, value)
        for name, value in (
            ("domain", row.source_domain),
            ("agency", row.agency),
            ("section", row.section),
            ("status", row.status),
            ("url", row.url),
            ("external_id", row.external_id),
        )
        if value is not None
    ]
    parts = {
        "byline": row.byline is not None,
        "dateline": row.dateline_text is not None,
        "media": row.media_count > 0,
        COPY: row.duplicate_of is not None,
    }
    return keywords + [("has", part) for part, is_there in parts.items() if is_there]


def _list_texts(row: Row[Any]) -> list[tuple[Scope | None, str]]:
    texts: list[tuple[Scope | None, str | None]] = [
        (None, row.kicker),
        (Scope.HEADLINE, row.headline),
        (None, row.standfirst),
        (Scope.BYLINE, row.byline),
        (Scope.DATELINE, row.dateline_text),
        (Scope.BODY, row.body),
        *((Scope.CAPTION, medium.get("caption")) for medium in row.media),
    ]
    return [(field, text) for field, text in texts if text]
