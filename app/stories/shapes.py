"""Stories and copies in JSON, and what their lists can be asked."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.articles.filters import MAX_ID, End, Start, Values
from app.articles.shapes import ArticleSummary, Shape
from app.paging import DEFAULT_LIMIT, MAX_LIMIT
from app.stories.comparing import DifferenceKind, Method

# Stories or articles that one request may join or take out.
MOST_AT_ONCE = 200
MAX_RELATED = 50

ArticleNumber = Annotated[int, Field(strict=True, ge=1, le=MAX_ID)]


class StorySort(StrEnum):
    """Order of the stories."""

    NEWEST = "newest"
    OLDEST = "oldest"
    SIZE = "size"


class StoryQuery(BaseModel):
    """Everything that the list of stories can be asked."""

    agency: Values = Field([], description="Stories of which an article is by one of these agencies.")
    language: Values = Field([], description="Stories of which an article is in one of these; BCP 47.")
    domain: Values = Field([], description="Stories that one of these domains has published.")
    size_min: Annotated[int, Field(ge=2, le=MAX_ID)] = Field(2, description="Articles that it must have.")
    from_: Start | None = Field(
        None, alias="from", description="Last seen at or after this RFC 3339 date, month, year or date-time."
    )
    to: End | None = Field(None, description="Last seen at or before this; a date counts to its end.")
    sort: StorySort = Field(StorySort.NEWEST, description="By when it was last seen, or by its size.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Stories of a page.")
    cursor: str | None = Field(None, description="The `next` of the page before.")


class StorySummary(Shape):
    """Articles that tell one story in nearly the same words. Only those that readers may see are counted."""

    id: int
    size: int = Field(description="How many articles it has.")
    lead: ArticleSummary = Field(
        description="Its earliest usable article, which stands for it in collapsed lists."
    )
    agencies: list[str]
    domains: list[str] = Field(description="Of the sources that published it.")
    first_seen_at: datetime = Field(description="When its first article was stored.")
    last_seen_at: datetime = Field(description="When its latest article was stored.")
    settled: bool = Field(
        description="Whether a writer has split or joined it, so that the machine does not."
    )


class StoryRead(StorySummary):
    """A story with its articles."""

    articles: list[ArticleSummary] = Field(
        description="The first 50, the earliest first; `/v1/articles?story_id=` lists all."
    )


class StoryList(BaseModel):
    """A page of stories; `next` is the `cursor` of the page after it."""

    items: list[StorySummary]
    next: str | None


class DifferenceRead(Shape):
    """A place inside a shared passage where the two texts have other words."""

    kind: DifferenceKind
    here: str = Field(description="What this article has; empty if nothing.")
    there: str = Field(description="What the copy has.")


class CopyRead(Shape):
    """How two articles of a story compare."""

    similarity: float = Field(
        description="Share, 0 to 1, of the shorter text's runs of three words that the longer has too."
    )
    method: Method = Field(
        description="`exact`: the same words. `near`: most of the shorter text. `linked`: by other copies, or"
        " by a writer, not by these two texts."
    )
    shared_words: int
    words: int = Field(description="Words of this article.")
    copy_words: int = Field(description="Words of the copy.")
    differs: list[DifferenceRead] = Field(description="Up to 20 places, numbers and names first.")


class OriginalRead(Shape):
    """The article that a new one is a copy of, and how they compare."""

    article_id: int
    method: Method
    similarity: float
    differs: list[DifferenceRead]


class DuplicateRead(CopyRead):
    """An article of the same story, and how it compares."""

    article: ArticleSummary


class DuplicateList(BaseModel):
    """A page of copies; `next` is the `cursor` of the page after it."""

    items: list[DuplicateRead]
    next: str | None


class RelatedRead(ArticleSummary):
    """An article on the same matter."""

    score: float = Field(description="0 to 1; compares articles of one answer only.")


class RelatedList(BaseModel):
    """Articles on the same matter, the closest first."""

    items: list[RelatedRead]


class SplitRequest(BaseModel):
    """Which articles are another story."""

    model_config = ConfigDict(extra="forbid")

    article_ids: Annotated[list[ArticleNumber], Field(min_length=1, max_length=MOST_AT_ONCE)]


class JoinRequest(BaseModel):
    """Which stories are the same as this one."""

    model_config = ConfigDict(extra="forbid")

    story_ids: Annotated[list[ArticleNumber], Field(min_length=1, max_length=MOST_AT_ONCE)]
