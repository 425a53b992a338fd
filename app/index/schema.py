"""What the search index holds of an article.

Nothing of the text is stored in it, only what finds and sorts; hits are read from the tables by id. `text`
holds the words of all parts, so that a word is one look-up and idf is that of the whole article; the parts
that can be searched alone, or weigh more, have fields of their own beside it. Text arrives as terms of
`app.analysis`, so Tantivy splits at spaces only.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import tantivy
from sqlalchemy import Row

from app import analysis
from app.query import Scope
from app.tables import Article

# Raise it whenever a field is added or filled otherwise: then a new index is built.
_FIELDS_VERSION = 1
VERSION = f"v{_FIELDS_VERSION}-{analysis.VERSION}"

TEXT = "text"
# Exact values, compared as they are (`fold`ed names included).
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
# Moments in microseconds since 1970, as exact as the tables have them.
MOMENTS = ("date", "published_at", "created_at", "updated_at", "dateline_day")
NUMBERS = ("id", "seq", "story_id", "word_count", *MOMENTS)
# The status whose articles are not in the index: even a count of hits would tell what words they have.
WITHHELD = "withheld"
COPY = "copy"  # the value of `has` that marks a copy of another article

# What is read of a row.
COLUMNS: tuple[Any, ...] = tuple(
    getattr(Article, name)
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
        *("sorted_at", "published_at", "created_at", "updated_at", "dateline_date"),
    )
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def build_schema() -> tantivy.Schema:
    """Build the index's schema."""
    builder = tantivy.SchemaBuilder()
    for name in NUMBERS:
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in (TEXT, *Scope):
        builder.add_text_field(str(name), tokenizer_name="whitespace", index_option="position")
    for name in KEYWORDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    return builder.build()


SCHEMA = build_schema()


def count_microseconds(moment: datetime | date) -> int:
    """Count the microseconds from 1970 to a moment, or to the start of a day."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def make_document(row: Row[Any], terms: Iterable[tuple[str, str]]) -> tantivy.Document:
    """Make an article's document from its columns and its rows of `article_terms`."""
    document = tantivy.Document()
    for name, number in _list_numbers(row):
        document.add_integer(name, number)
    for name, keyword in (*_list_keywords(row), *terms):
        document.add_text(name, keyword)
    for field, text in _list_texts(row):
        written = analysis.write_terms(text)
        # Each part is a value of its own: a phrase does not reach from one into the next.
        document.add_text(TEXT, written)
        if field is not None:
            document.add_text(field, written)
    return document


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
