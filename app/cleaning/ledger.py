"""The words of the ledger: what became of each raw line, and why.

Every set here is closed. docs/cleaning.md explains each member with an example, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    """What a line of the raw text is."""

    BLANK = "blank"
    BYLINE = "byline"
    CAPTION = "caption"
    CREDIT = "credit"
    DATELINE = "dateline"
    HEADLINE = "headline"
    KICKER = "kicker"
    LIST = "list"
    NOTE = "note"
    PARAGRAPH = "paragraph"
    QUOTE = "quote"
    REMOVED = "removed"
    STANDFIRST = "standfirst"
    SUBHEAD = "subhead"
    TIMESTAMP = "timestamp"
    UNDECIDED = "undecided"  # only between steps: no line of a cleaned article has it


class Reason(StrEnum):
    """Why a line was removed."""

    AD_BLOCKER_NOTICE = "ad-blocker-notice"
    ADVERTISEMENT = "advertisement"
    AUTHOR_BIO = "author-bio"
    BEYOND_LIMIT = "beyond-limit"
    COMMENTS = "comments"
    COOKIE_NOTICE = "cookie-notice"
    COPYRIGHT = "copyright"
    NAVIGATION = "navigation"
    NEWSLETTER = "newsletter"
    OTHER_ARTICLE = "other-article"
    OUTSIDE_ARTICLE = "outside-article"
    PLAYER = "player"
    READ_COUNTER = "read-counter"
    RELATED_LINKS = "related-links"
    REPEATED = "repeated"
    SHARE_LINKS = "share-links"
    SUBSCRIPTION = "subscription"
    TAGS = "tags"
    TRACKING = "tracking"


class EditReason(StrEnum):
    """Why the text of a line differs from the raw line."""

    CHARACTERS_COMPOSED = "characters-composed"
    CREDIT_CUT = "credit-cut"
    DATELINE_CUT = "dateline-cut"
    ENTITIES_DECODED = "entities-decoded"
    INVISIBLE_DROPPED = "invisible-dropped"
    MARKS_CAPPED = "marks-capped"
    MOJIBAKE_REPAIRED = "mojibake-repaired"
    SITE_NAME_CUT = "site-name-cut"
    SPACES_TIDIED = "spaces-tidied"
    SURROGATES_REPLACED = "surrogates-replaced"


FIELD_CUTS = frozenset({EditReason.CREDIT_CUT, EditReason.DATELINE_CUT, EditReason.SITE_NAME_CUT})
"""Edits that move a part of a line into a field of the article; laying the article out puts them back."""


class Warning_(StrEnum):
    """What a person should know before trusting the article."""

    AUTHORS_DIFFER = "authors-differ"
    DATE_DIFFERS = "date-differs"
    HEADLINE_DIFFERS = "headline-differs"
    LANGUAGE_DIFFERS = "language-differs"
    LOW_CONFIDENCE = "low-confidence"
    MARKS_CAPPED = "marks-capped"
    MOJIBAKE_REPAIRED = "mojibake-repaired"
    NO_ARTICLE = "no-article"
    NO_HEADLINE = "no-headline"
    PAYWALL = "paywall"
    SEVERAL_ARTICLES = "several-articles"
    TRUNCATED_BODY = "truncated-body"
    YEAR_INFERRED = "year-inferred"
    YEAR_UNKNOWN = "year-unknown"


class Line(NamedTuple):
    """One line of the raw text, after its edits, with the role it was given.

    A tuple, since a page has hundreds: it is made in a third of the time of a frozen dataclass.
    """

    number: int
    text: str
    role: Role = Role.UNDECIDED
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """One change inside a line."""

    line: int
    before: str
    after: str
    reason: EditReason
