"""The shape of a cleaned article, under the names that the API's JSON uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.cleaning.ledger import Edit, Line, Role, Warning_


@dataclass(frozen=True, slots=True)
class Author:
    """A person of the byline."""

    name: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the dateline; country is ISO 3166-1 alpha-2."""

    name: str
    region: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class DatelineDate:
    """The date of the dateline, and how its year is known.

    value is "2024-04-06", or "--04-06" (the truncated form of ISO 8601) while nothing decides the year.
    """

    value: str
    precision: Literal["day"]
    year_inferred: bool
    evidence: Literal["printed", "received_at", "published_at", "weekday", "none"]


@dataclass(frozen=True, slots=True)
class Dateline:
    """What opens a story: where it was reported, when, and for which agency."""

    text: str
    places: tuple[Place, ...] = ()
    date: DatelineDate | None = None
    agency: str | None = None


Precision = Literal["year", "month", "day", "minute", "second"]


@dataclass(frozen=True, slots=True)
class Timestamp:
    """When the article was published or changed; evidence is "caller", "metadata" or "line N"."""

    value: str
    precision: Precision
    evidence: str


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or a video, known by its caption, its credit, or both."""

    type: Literal["picture", "video"]
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """A counter that was printed on the page."""

    kind: Literal["reads", "views", "comments", "shares", "likes"]
    value: int


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the article in reading order, with the number of its first line."""

    role: Role
    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The fields of an article. What was not found is None or empty; "und" is BCP 47 for no known
    language. quality estimates, 0 to 1, how well the body was told from the rest of the page."""

    headline: str | None = None
    kicker: str | None = None
    standfirst: str | None = None
    byline: str | None = None
    authors: tuple[Author, ...] = ()
    dateline: Dateline | None = None
    agency: str | None = None
    language: str = "und"
    section: str | None = None
    tags: tuple[str, ...] = ()
    body: str = ""
    word_count: int = 0
    media: tuple[Media, ...] = ()
    metrics: tuple[Metric, ...] = ()
    published_at: Timestamp | None = None
    modified_at: Timestamp | None = None
    blocks: tuple[Block, ...] = ()
    fingerprint: str = ""
    quality: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned(Article):
    """An article with its ledger.

    text is the text whose lines the ledger numbers: the raw text, or what a page in HTML shows.
    """

    text: str
    lines: tuple[Line, ...]
    edits: tuple[Edit, ...]
    warnings: tuple[Warning_, ...]
    version: int
