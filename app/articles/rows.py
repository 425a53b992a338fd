"""An article's rows: what its content gives of them before it is stored, and what its storing adds.

An article is prepared before any transaction, in whatever process; only its numbers, its place among the
stories, its dates and its two JSON texts are made in the transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from app.analysis import fold_name
from app.articles.shapes import (
    EXCERPT_LENGTH,
    ArticleContent,
    ArticleRead,
    ArticleSummary,
    CleaningSummary,
    VersionKind,
    find_moment,
    write_json,
)
from app.cleaning import count_words, fingerprint_text
from app.stories.sketches import sketch_words
from app.stories.texts import fold_words

_WHOLE = tuple(ArticleRead.model_fields)
_BRIEF = tuple(ArticleSummary.model_fields)
# Fields that the row has in another form, or in its JSON only.
_OF_OTHER_COLUMNS = frozenset({"source", "published_at", "modified_at"})
# A source, or none, and what it calls the article.
Name = tuple[str | None, str]
# What the article's JSON says of its row, besides the content.
_SHOWN = (
    *("id", "uri", "version", "seq", "word_count", "created_at", "updated_at", "story_id", "duplicate_of"),
)


@dataclass(frozen=True, slots=True)
class PreparedArticle:
    """An article that is ready to be stored: plain values, which cost little to hand between processes."""

    content: dict[str, Any]
    """What it says, as its JSON has it."""
    columns: dict[str, Any]
    """The columns of `articles` that follow from that. `sorted_at` is None where the moment of its storing
    decides."""
    terms: list[tuple[str, str]]
    excerpt: str
    cleaning: dict[str, Any] | None
    sketch: list[int]
    """The sketch of its body, by which copies are found."""

    @property
    def name(self) -> Name | None:
        """What its source calls it; None if it says no external_id."""
        external_id = self.content["external_id"]
        return None if external_id is None else (self.columns["source_name"], external_id)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its body."""
        text: str = self.columns["fingerprint"]
        return text


def prepare_article(content: ArticleContent, cleaning: CleaningSummary | None = None) -> PreparedArticle:
    """Work out all of an article's rows that does not depend on what is stored."""
    dumped = content.model_dump(mode="json")
    published_at, dateline_date = find_moment(content.published_at), _read_dateline_date(content)
    plain = {name: dumped[name] for name in dumped if name not in _OF_OTHER_COLUMNS}
    columns = {
        **plain,
        "source_name": content.source.name if content.source else None,
        "source_domain": content.source.domain if content.source else None,
        "dateline_text": content.dateline.text if content.dateline else None,
        "media_count": len(content.media),
        "word_count": count_words(content.body),
        "published_at": published_at,
        "dateline_date": dateline_date,
        "sorted_at": published_at or _start_of_day(dateline_date),
        "fingerprint": fingerprint_text(content.body),
    }
    return PreparedArticle(
        dumped,
        columns,
        sorted(_list_terms(content)),
        make_excerpt(content.body),
        cleaning.model_dump() if cleaning else None,
        sketch_words(fold_words(content.body)),
    )


def build_row(
    article: PreparedArticle,
    *,
    article_id: int,
    uri: str,
    seq: int,
    now: datetime,
    story_id: int,
    duplicate_of: int | None,
) -> dict[str, Any]:
    """Build the row of a new article, its JSON texts included."""
    row = {
        **article.columns,
        "id": article_id,
        "uri": uri,
        "version": 1,
        "version_kind": VersionKind.CREATED,
        "version_fields": [],
        "seq": seq,
        "sorted_at": article.columns["sorted_at"] or now,
        "created_at": now,
        "updated_at": now,
        "deleted_at": None,
        "deleted_reason": None,
        "edited": {},
        "story_id": story_id,
        "duplicate_of": duplicate_of,
    }
    row["document"], row["brief"] = render(article, row)
    return row


def render(article: PreparedArticle, row: Mapping[str, Any]) -> tuple[str, str]:
    """Render the article's two JSON texts, whole and as it stands in a list, from its row's columns."""
    values = {
        **article.content,
        **{name: row[name] for name in _SHOWN},
        "cleaning": article.cleaning,
        "excerpt": article.excerpt,
    }
    document = write_json({name: values[name] for name in _WHOLE})
    return document.decode(), write_json({name: values[name] for name in _BRIEF}).decode()


def _read_dateline_date(content: ArticleContent) -> date | None:
    day = content.dateline.date if content.dateline else None
    return None if day is None or day.value.startswith("--") else date.fromisoformat(day.value)


def _start_of_day(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _list_terms(content: ArticleContent) -> set[tuple[str, str]]:
    places = content.dateline.places if content.dateline else []
    source = content.source.name if content.source else None
    values: dict[str, list[str | None]] = {
        "author": [author.name for author in content.authors],
        "tag": [*content.tags],
        "place": [place.name for place in places],
        "country": [place.country for place in places],
        "source": [source],
    }
    return {(field, fold_name(value)) for field, named in values.items() for value in named if value}


def make_excerpt(body: str) -> str:
    """Return the beginning of a body in one line, cut between words, with an ellipsis where it was cut."""
    start = " ".join(body[: EXCERPT_LENGTH * 2].split())
    if len(start) <= EXCERPT_LENGTH:
        return start
    cut = start[:EXCERPT_LENGTH]
    return (cut.rpartition(" ")[0] or cut) + "…"
