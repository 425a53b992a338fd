"""The article in JSON: what comes in, what goes out, and how the one is rendered from the other.

The names are the field's own (design: headline, kicker, standfirst, byline, dateline …). A shape's text
passes through the same character cleaning as raw text, so that no control, bidi or broken character is ever
stored.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)

from app.cleaning import normalise_text

MAX_LIST = 200
EXCERPT_LENGTH = 280

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}\Z", re.IGNORECASE)
# By length: regions and scripts.
_SUBTAG_CASES: dict[int, Callable[[str], str]] = {2: str.upper, 4: str.title}
_WEB_URL = re.compile(r"https?://[^\s/@]+(/\S*)?\Z")
_DAY = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?\Z")


def _normalise(value: Any) -> Any:
    return normalise_text(value) if isinstance(value, str) else value


def _check_url(value: str) -> str:
    if not _WEB_URL.match(value):
        raise ValueError("must be an http or https URL without user name")
    return value


def _write_language(value: str) -> str:
    """Write a language tag in the letter case that is usual for it, which says nothing (RFC 5646 §2.1.1)."""
    if not _LANGUAGE.match(value):
        raise ValueError("must be a BCP 47 language tag, such as en or en-GB")
    language, *subtags = value.lower().split("-")
    return "-".join([language, *(_SUBTAG_CASES.get(len(each), str.lower)(each) for each in subtags)])


def _check_dateline_date(value: str) -> str:
    # Without a year any day of a leap year is possible.
    whole = "2000-" + value[2:] if value.startswith("--") else value
    if not _DAY.match(whole) or not _can_read(date.fromisoformat, whole):
        raise ValueError("must be YYYY-MM-DD or --MM-DD")
    return value


def _can_read(read: Callable[[str], object], text: str) -> bool:
    """Tell whether Python reads a date. Its own errors repeat the text, which no answer of ours may."""
    try:
        read(text)
    except ValueError:
        return False
    return True


# A text of one line or several; strict, so that a number is not taken for a text.
LongText = Annotated[str, BeforeValidator(_normalise), StringConstraints(strict=True, min_length=1)]
Text = Annotated[LongText, StringConstraints(max_length=2000)]
Name = Annotated[LongText, StringConstraints(max_length=500)]
Url = Annotated[str, StringConstraints(strict=True, max_length=2000), AfterValidator(_check_url)]
Language = Annotated[str, StringConstraints(strict=True, max_length=35), AfterValidator(_write_language)]


class Shape(BaseModel):
    """A part of the article's JSON. Unknown fields are refused; output lists every field."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_serialization_defaults_required=True
    )


class Status(StrEnum):
    """Whether an article may be used, as in IPTC ninjs (`pubStatus`)."""

    USABLE = "usable"
    WITHHELD = "withheld"
    CANCELED = "canceled"


class Author(Shape):
    """A person named in the byline."""

    name: Name
    role: Name | None = None


class Place(Shape):
    """A place of the dateline; `country` is ISO 3166-1 alpha-2."""

    name: Name
    region: Name | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None


class DatelineDate(Shape):
    """The date in a dateline. `value` is `YYYY-MM-DD`, or `--MM-DD` where nothing tells the year."""

    value: Annotated[str, AfterValidator(_check_dateline_date)]
    precision: Literal["day"] = "day"
    year_inferred: StrictBool = False
    evidence: Name = "caller"


class Dateline(Shape):
    """Place, date and agency as they open a report, with the printed text."""

    text: Text
    places: Annotated[list[Place], Field(max_length=MAX_LIST)] = []
    date: DatelineDate | None = None
    agency: Name | None = None


class Source(Shape):
    """The outlet that published the page."""

    name: Name | None = None
    domain: Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9.-]{1,253}$")] | None = None


class Media(Shape):
    """A picture or video that the text speaks of."""

    type: Literal["picture", "video"] = "picture"
    caption: LongText | None = None
    credit: LongText | None = None


class Metric(Shape):
    """A counter printed on the page, such as `reads`."""

    kind: Name
    value: Annotated[int, Field(strict=True, ge=0, le=2**53)]


class Timestamp(Shape):
    """A moment as exactly as it is known: RFC 3339 in UTC, or a date, month or year."""

    value: str
    precision: Literal["year", "month", "day", "minute", "second"]
    evidence: Name = "caller"

    @model_validator(mode="before")
    @classmethod
    def read_text(cls, value: Any) -> Any:
        """Take a plain RFC 3339 date or date-time too, and put a moment into UTC."""
        given = {"value": value} if isinstance(value, str) else value
        if not isinstance(given, dict) or not isinstance(text := given.get("value"), str):
            return given
        written, precision = read_timestamp(text)
        # A clock time without seconds is written with them; that it was read to the minute is still known.
        if precision == "second" and given.get("precision") == "minute":
            precision = "minute"
        return {**given, "value": written, "precision": precision}


def read_timestamp(text: str) -> tuple[str, str]:
    """Read an RFC 3339 moment, date, month or year into its written form in UTC and its precision.

    >>> read_timestamp("2024-05-04T12:15:00+01:00")
    ('2024-05-04T11:15:00Z', 'second')
    >>> read_timestamp("2024-05")
    ('2024-05', 'month')

    Raises ValueError for anything else, and for a moment without a time zone.
    """
    if _DAY.match(text) and _can_read(date.fromisoformat, (text + "-01-01")[:10]):
        return text, {4: "year", 7: "month", 10: "day"}[len(text)]
    if not _can_read(datetime.fromisoformat, text):
        raise ValueError("must be an RFC 3339 date or date-time")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("must have a time zone")
    try:
        utc = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is out of range") from error
    return utc.isoformat(timespec="seconds").replace("+00:00", "Z"), "second"


def find_moment(timestamp: Timestamp | None) -> datetime | None:
    """Return the first moment that a timestamp can mean, for sorting and filtering."""
    if timestamp is None:
        return None
    if timestamp.precision in ("minute", "second"):
        return datetime.fromisoformat(timestamp.value)
    return datetime.fromisoformat((timestamp.value + "-01-01")[:10]).replace(tzinfo=UTC)


def write_json(values: dict[str, Any]) -> bytes:
    """Write JSON with moments in UTC, as exact as the API gives them: to the second."""
    return orjson.dumps(values, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS)


MODIFIED_AT = (
    "When the source last changed the article, as the page or the caller states it; `updated_at` is when "
    "it was last changed here."
)


class ArticleContent(Shape):
    """What an article says: the part of it that cleaning or a client decides."""

    status: Status = Status.USABLE
    headline: Text | None
    kicker: Text | None = None
    standfirst: LongText | None = None
    byline: Text | None = None
    authors: Annotated[list[Author], Field(max_length=MAX_LIST)] = []
    dateline: Dateline | None = None
    agency: Name | None = None
    source: Source | None = None
    url: Url | None = None
    external_id: Name | None = None
    language: Language = "und"
    section: Name | None = None
    tags: Annotated[list[Name], Field(max_length=MAX_LIST)] = []
    body: LongText
    media: Annotated[list[Media], Field(max_length=MAX_LIST)] = []
    metrics: Annotated[list[Metric], Field(max_length=MAX_LIST)] = []
    published_at: Timestamp | None = None
    modified_at: Timestamp | None = Field(None, description=MODIFIED_AT)


class ArticleCreate(ArticleContent):
    """An article as a client writes it, already structured: `headline` and `body` are required."""

    headline: Text


class CleaningSummary(Shape):
    """How the article came out of the raw text."""

    version: int = Field(description="Version of the cleaning rules.")
    removed: int = Field(description="Raw lines that are not part of the article; /ledger has each.")
    warnings: list[str]
    quality: float | None = Field(
        default=None,  # stored articles that were cleaned by version 1 have none
        description="Estimate, 0 to 1, of how well the body was told from the rest of the page (F1). "
        "Null for articles cleaned before it was estimated.",
    )


class ArticleSummary(Shape):
    """An article in a list: everything but the long texts, with an excerpt of the body."""

    id: int
    uri: str
    version: int
    seq: int
    status: Status
    headline: str | None
    kicker: str | None
    standfirst: str | None
    byline: str | None
    authors: list[Author]
    dateline: Dateline | None
    agency: str | None
    source: Source | None
    url: str | None
    external_id: str | None
    language: str
    section: str | None
    tags: list[str]
    excerpt: str
    word_count: int
    published_at: Timestamp | None
    modified_at: Timestamp | None = Field(description=MODIFIED_AT)
    created_at: datetime
    updated_at: datetime
    story_id: int | None
    duplicate_of: int | None


class ArticleRead(Shape):
    """An article, whole."""

    id: int
    uri: str = Field(description="The article's name everywhere, the same over all versions.")
    version: int = Field(description="Counts the texts that the article has had.")
    seq: int = Field(description="Number of its newest entry in /v1/changes.")
    status: Status
    headline: str | None
    kicker: str | None
    standfirst: str | None
    byline: str | None
    authors: list[Author]
    dateline: Dateline | None
    agency: str | None
    source: Source | None
    url: str | None
    external_id: str | None
    language: str
    section: str | None
    tags: list[str]
    body: str
    word_count: int
    media: list[Media]
    metrics: list[Metric]
    published_at: Timestamp | None
    modified_at: Timestamp | None = Field(description=MODIFIED_AT)
    created_at: datetime
    updated_at: datetime
    story_id: int | None
    duplicate_of: int | None
    cleaning: CleaningSummary | None = Field(description="Null for an article that came already structured.")


class Block(Shape):
    """A part of the article in reading order; `line` is the raw line that it came from."""

    role: str
    text: str
    line: int | None


class LedgerLine(Shape):
    """What became of one raw line."""

    line: int
    role: str
    reason: str | None
    text: str


class LedgerEdit(Shape):
    """A change inside a raw line."""

    line: int
    before: str
    after: str
    reason: str


class Ledger(Shape):
    """What became of every raw line of an article, and why."""

    article_id: int
    version: int = Field(description="The article's version that this cleaning made.")
    cleaning_version: int
    lines: list[LedgerLine]
    edits: list[LedgerEdit]


class VersionKind(StrEnum):
    """How a version came to be."""

    CREATED = "created"
    UPDATED = "updated"
    RECLEANED = "recleaned"


class VersionSummary(Shape):
    """One text that an article has had."""

    version: int
    kind: VersionKind
    fields: list[str] = Field(description="What it changed; empty for the first.")
    status: Status
    headline: str | None
    word_count: int
    updated_at: datetime
