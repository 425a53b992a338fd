"""Which articles a list or a search shows: the query parameters, and what they mean in SQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationInfo, field_validator
from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlmodel import col

from app.analysis import fold_name
from app.articles.shapes import Language, Status, read_timestamp
from app.cleaning import name_agency
from app.tables import Article, ArticleTerm

# Values of one filter; an OR of more is a query for another tool.
MAX_VALUES = 50
# Ids fit a signed 64-bit integer in both databases.
MAX_ID = 2**63 - 1


class Has(StrEnum):
    """A part that an article can have."""

    BYLINE = "byline"
    DATELINE = "dateline"
    MEDIA = "media"


class DateField(StrEnum):
    """The date that `from` and `to` speak of."""

    DATE = "date"
    PUBLISHED = "published_at"
    CREATED = "created_at"
    UPDATED = "updated_at"
    DATELINE = "dateline"


class Duplicates(StrEnum):
    """What to do with copies of an article that is already there."""

    ALL = "all"
    COLLAPSE = "collapse"
    ONLY = "only"


def _read_period(value: Any) -> tuple[datetime, datetime]:
    """Read a date, month, year or moment into the first and the last moment that it covers."""
    if not isinstance(value, str):
        raise ValueError("must be an RFC 3339 date or date-time")
    # An unescaped + of a time zone arrives as a space.
    written, precision = read_timestamp(value.replace(" ", "+"))
    if precision == "second":
        moment = datetime.fromisoformat(written)
        return moment, moment
    first = datetime.fromisoformat((written + "-01-01")[:10]).replace(tzinfo=UTC)
    try:
        following = {
            "year": lambda: first.replace(year=first.year + 1),
            "month": lambda: (first + timedelta(days=31)).replace(day=1),
            "day": lambda: first + timedelta(days=1),
        }[precision]()
    except (OverflowError, ValueError):  # the last year of the calendar
        return first, datetime.max.replace(tzinfo=UTC)
    return first, following - timedelta(microseconds=1)


Start = Annotated[datetime, BeforeValidator(lambda value: _read_period(value)[0])]
End = Annotated[datetime, BeforeValidator(lambda value: _read_period(value)[1])]
Value = Annotated[str, Field(min_length=1, max_length=500)]
Values = Annotated[list[Value], Field(max_length=MAX_VALUES)]


Languages = Annotated[list[Language], Field(max_length=MAX_VALUES)]
Country = Annotated[str, Field(pattern="^[A-Za-z]{2}$")]
Countries = Annotated[list[Country], Field(max_length=MAX_VALUES)]
Domains = Annotated[list[Annotated[Value, AfterValidator(str.lower)]], Field(max_length=MAX_VALUES)]


def _add_codes(agencies: list[str]) -> list[str]:
    """Add the codes under which agencies are stored that are asked for as they are printed."""
    codes = (name_agency(each) or name_agency(each.upper()) for each in agencies)
    return list(dict.fromkeys([*agencies, *filter(None, codes)]))


Agencies = Annotated[Values, AfterValidator(_add_codes)]


class Filters(BaseModel):
    """Filters of lists and searches. A repeated one means any of its values; its `not_` twin excludes."""

    language: Languages = Field([], description="BCP 47; `en` also finds `en-GB`.")
    source: Values = Field([], description="Name of the outlet, letter case aside.")
    domain: Domains = Field([], description="Domain of the outlet.")
    agency: Agencies = Field([], description="Agency, such as `AP` or `Reuters`.")
    author: Values = Field([], description="Name of an author, letter case aside.")
    section: Values = Field([], description="Section, as it is stored.")
    tag: Values = Field([], description="Tag, letter case aside.")
    place: Values = Field([], description="Place of the dateline, letter case aside.")
    country: Countries = Field([], description="Country of the dateline, ISO 3166-1 alpha-2.")
    status: Annotated[list[Status], Field(max_length=MAX_VALUES)] = Field(
        [], description="`withheld` takes a key that may write."
    )
    not_language: Languages = Field([], description="None in this language.")
    not_source: Values = Field([], description="None of this outlet.")
    not_domain: Domains = Field([], description="None of this domain.")
    not_agency: Agencies = Field([], description="None of this agency.")
    not_author: Values = Field([], description="None by this author.")
    not_section: Values = Field([], description="None of this section.")
    not_tag: Values = Field([], description="None with this tag.")
    not_place: Values = Field([], description="None whose dateline has this place.")
    not_country: Countries = Field([], description="None whose dateline has this country.")
    not_status: Annotated[list[Status], Field(max_length=MAX_VALUES)] = Field(
        [], description="None with this status."
    )
    has: Annotated[list[Has], Field(max_length=MAX_VALUES)] = Field(
        [], description="Parts that must all be there."
    )
    not_has: Annotated[list[Has], Field(max_length=MAX_VALUES)] = Field(
        [], description="Parts of which none may be there."
    )
    ids: Annotated[list[Annotated[int, Field(ge=1, le=MAX_ID)]], Field(max_length=200)] = Field(
        [], description="Ids of articles, one in each `ids=`."
    )
    url: Values = Field([], description="Address of the page, as it is stored.")
    external_id: Values = Field([], description="The source's own id.")
    story_id: Annotated[list[Annotated[int, Field(ge=1, le=MAX_ID)]], Field(max_length=MAX_VALUES)] = Field(
        [], description="Articles of this story."
    )
    word_count_min: Annotated[int, Field(ge=0, le=MAX_ID)] | None = Field(
        None, description="Fewest words of the body."
    )
    word_count_max: Annotated[int, Field(ge=0, le=MAX_ID)] | None = Field(
        None, description="Most words of the body."
    )
    from_: Start | None = Field(
        None, alias="from", description="RFC 3339 date, month, year or date-time, inclusive."
    )
    to: End | None = Field(None, description="The same; a date, month or year counts to its end.")
    date_field: DateField = Field(
        DateField.DATE,
        description="What `from`, `to` and the order by date speak of. `date` is the day of publication, "
        "else the dateline's, else the day the article was stored.",
    )
    updated_since: Start | None = Field(None, description="Stored or changed at or after this moment.")
    duplicates: Duplicates = Field(
        Duplicates.ALL, description="`collapse` leaves copies out, `only` shows nothing else."
    )

    @field_validator("to")
    @classmethod
    def _check_period(cls, to: datetime | None, info: ValidationInfo) -> datetime | None:
        """Refuse a period that nothing can lie in."""
        start = info.data.get("from_")
        if to is not None and start is not None and to < start:
            raise ValueError("lies before `from`")
        return to

    @field_validator("word_count_max")
    @classmethod
    def _check_most(cls, most: int | None, info: ValidationInfo) -> int | None:
        """Refuse numbers of words that nothing can have."""
        least = info.data.get("word_count_min")
        if most is not None and least is not None and most < least:
            raise ValueError("is less than `word_count_min`")
        return most


DATE_COLUMNS: dict[DateField, Any] = {
    DateField.DATE: col(Article.sorted_at),
    DateField.PUBLISHED: col(Article.published_at),
    DateField.CREATED: col(Article.created_at),
    DateField.UPDATED: col(Article.updated_at),
    DateField.DATELINE: col(Article.dateline_date),
}

_COLUMNS: dict[str, Any] = {
    "domain": col(Article.source_domain),
    "agency": col(Article.agency),
    "section": col(Article.section),
    "status": col(Article.status),
    "url": col(Article.url),
    "external_id": col(Article.external_id),
    "story_id": col(Article.story_id),
    "ids": col(Article.id),
}
# Many-valued fields, and the one whose printed form varies too much for an exact match.
TERM_FIELDS = {"author": "author", "tag": "tag", "place": "place", "country": "country", "source": "source"}
_HAS: dict[Has, Callable[[], ColumnElement[bool]]] = {
    Has.BYLINE: lambda: col(Article.byline).is_not(None),
    Has.DATELINE: lambda: col(Article.dateline_text).is_not(None),
    Has.MEDIA: lambda: col(Article.media_count) > 0,
}


def _match_language(values: list[str]) -> ColumnElement[bool]:
    language = col(Article.language)
    return or_(
        *(or_(language == value, language.startswith(value + "-", autoescape=True)) for value in values)
    )


def _match_terms(field: str, values: list[str]) -> ColumnElement[bool]:
    matching = select(col(ArticleTerm.article_id)).where(
        col(ArticleTerm.field) == field, col(ArticleTerm.value).in_([fold_name(value) for value in values])
    )
    return col(Article.id).in_(matching)


def _match_values(name: str, values: list[Any]) -> ColumnElement[bool]:
    if name == "language":
        return _match_language(values)
    if name in TERM_FIELDS:
        return _match_terms(TERM_FIELDS[name], values)
    column = _COLUMNS[name]
    return and_(column.is_not(None), column.in_(values))


def list_conditions(filters: Filters, *, sees_withheld: bool = False) -> list[ColumnElement[bool]]:
    """Write the filters as SQL conditions on `articles`, deleted articles left out.

    Withheld ones are there only for who may see them, and if the filters ask for them.
    """
    conditions: list[ColumnElement[bool]] = [col(Article.deleted_at).is_(None)]
    if not (sees_withheld and Status.WITHHELD in filters.status):
        conditions.append(col(Article.status) != Status.WITHHELD)
    for name in (*_COLUMNS, *TERM_FIELDS, "language"):
        if values := getattr(filters, name):
            conditions.append(_match_values(name, values))
        if values := getattr(filters, f"not_{name}", None):
            conditions.append(not_(_match_values(name, values)))
    conditions += [_HAS[part]() for part in filters.has]
    conditions += [not_(_HAS[part]()) for part in filters.not_has]
    if filters.word_count_min is not None:
        conditions.append(col(Article.word_count) >= filters.word_count_min)
    if filters.word_count_max is not None:
        conditions.append(col(Article.word_count) <= filters.word_count_max)
    if filters.updated_since is not None:
        conditions.append(col(Article.updated_at) >= filters.updated_since)
    if filters.duplicates is not Duplicates.ALL:
        is_copy = col(Article.duplicate_of).is_not(None)
        conditions.append(is_copy if filters.duplicates is Duplicates.ONLY else not_(is_copy))
    return conditions + _match_dates(filters)


def _match_dates(filters: Filters) -> list[ColumnElement[bool]]:
    column = DATE_COLUMNS[filters.date_field]
    start, end = filters.from_, filters.to
    conditions = []
    if filters.date_field is DateField.DATELINE:
        conditions += [column >= start.date()] if start else []
        conditions += [column <= end.date()] if end else []
    else:
        conditions += [column >= start] if start else []
        conditions += [column <= end] if end else []
    return conditions
