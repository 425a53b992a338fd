"""What a search can be asked, and its answer in JSON."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from app.articles.filters import MAX_ID, Filters
from app.articles.shapes import ArticleSummary
from app.formats import Format
from app.index.schema import FACETS
from app.paging import DEFAULT_LIMIT, MAX_LIMIT
from app.query import MAX_LENGTH
from app.search.facets import MAX_VALUES, Interval
from app.search.suggestions import MAX_SUGGESTIONS


class SearchSort(StrEnum):
    """Order of the hits."""

    RELEVANCE = "relevance"
    RECENT = "recent"
    NEWEST = "newest"
    OLDEST = "oldest"
    UPDATED = "-updated_at"


class Count(StrEnum):
    """Whether to count all hits."""

    NONE = "none"
    ESTIMATE = "estimate"
    EXACT = "exact"


class SearchQuery(Filters):
    """Everything that a search can be asked."""

    q: str = Field(
        "",
        description=f'What to look for, in at most {MAX_LENGTH} characters: words, "phrases", "near by"~10, '
        "prefix*, AND OR NOT, -word, ( ), headline: body: byline: caption: dateline:. Without it, all "
        "articles that the filters let through.",
    )
    sort: SearchSort | None = Field(
        None, description="By default `relevance` if `q` looks for words, else `newest`."
    )
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Hits of a page.")
    cursor: str | None = Field(None, description="The `next` of the page before.")
    fields: str | None = Field(
        None,
        max_length=1000,
        description="Comma-separated names of the only fields wanted; `id`, `score` and `highlights` are "
        "always there.",
    )
    format: Format | None = Field(
        None,
        description="`json` (the default), `ninjs` or `jsonld`. In the latter two, `items` are whole "
        "articles, without `score` and `highlights`.",
    )
    count: Count = Field(Count.NONE, description="Whether to count all hits; an estimate may be exact.")
    highlight: bool = Field(True, description="Whether to show where the words are.")
    min_seq: int = Field(
        0,
        ge=0,
        le=MAX_ID,
        description="Wait (at most 5 s) until the index has this change: the `Dateline-Seq` of a write.",
    )

    facets: str | None = Field(
        None,
        max_length=200,
        description=f"Comma-separated names of what to count the hits by: {', '.join(FACETS)}.",
    )
    facet_limit: int = Field(10, ge=1, le=MAX_VALUES, description="Values of each facet.")
    histogram: Interval | None = Field(
        None, description="Count the hits of each such part of time, by the date that `date_field` names."
    )
    validate_: bool = Field(
        False, alias="validate", description="Show how the query is read (`query`) and find nothing."
    )


class FacetValue(BaseModel):
    """A value, and how many hits have it."""

    value: str
    count: int


class HistogramBucket(BaseModel):
    """A part of time that begins at `start`, and how many hits it has."""

    start: str = Field(description="RFC 3339, UTC.")
    count: int


class Highlight(BaseModel):
    """A part of a hit in which there are words of the query. Offsets count characters (code points)."""

    field: str = Field(description="Path of the text in the article, such as `body` or `media.0.caption`.")
    start: int = Field(description="Where in the field's text this part begins.")
    text: str = Field(description="The part as it stands in the field.")
    html: str = Field(description="The same, escaped for HTML, with the matches in <mark>.")
    matches: list[tuple[int, int]] = Field(description="Begin and end of each match in the field's text.")


class SearchHit(ArticleSummary):
    """An article that was found."""

    score: float | None = Field(
        description="From 1 to 2 if all words match, below 1 if some do; null in an order by date."
    )
    highlights: list[Highlight]


class SearchList(BaseModel):
    """A page of hits; `next` is the `cursor` of the page after it."""

    items: list[SearchHit]
    next: str | None
    count: int | None = Field(description="All hits, if they were asked to be counted.")
    seq: int = Field(description="The change up to which the index had followed the store.")
    facets: dict[str, list[FacetValue]] | None = Field(
        description="By facet its most frequent values, if asked for."
    )
    histogram: list[HistogramBucket] | None = Field(
        description="The parts of time that have hits, the oldest first, if asked for."
    )
    query: dict[str, Any] | None = Field(
        description="How the query was read, if asked for: a tree of `all`, `any`, `not`, `best` and words."
    )


class SuggestField(StrEnum):
    """What names are suggested of."""

    AUTHOR = "author"
    PLACE = "place"
    TAG = "tag"
    SOURCE = "source"


class SuggestQuery(BaseModel):
    """What names to suggest."""

    field: SuggestField = Field(description="What the names are of.")
    prefix: str = Field("", max_length=200, description="How a word of the name begins, letter case aside.")
    limit: int = Field(10, ge=1, le=MAX_SUGGESTIONS, description="Most names.")


class Suggestion(BaseModel):
    """A name, and how many articles have it."""

    value: str
    count: int


class SuggestionList(BaseModel):
    """Names, those of most articles first."""

    items: list[Suggestion]
