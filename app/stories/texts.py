"""A text as it is compared with others: its words, free of house style, and what else tells copies apart.

A word is a run of letters, a number with its separators (`12,000`, `3.5`, `10:30`), or one character of a
script that puts no spaces between words.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

# What is read of a long text; a copy is known long before that. It bounds the time that any text can cost.
MAX_CHARACTERS = 60_000
MAX_WORDS = 6_000
# A date without a year is kept in this one: a leap year, before any news.
NO_YEAR = 4
DAYS_IN_LEAP_YEAR = 366
# Words that one wire spells in full and another abbreviates.
_HOUSE_STYLE = {
    "pct": "percent",
    "mln": "million",
    "mn": "million",
    "bln": "billion",
    "bn": "billion",
    "dlrs": "dollars",
    "dlr": "dollar",
}
_PERCENT = re.compile(r"\bper cent\b|%")
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
)
_WORD = re.compile(rf"[0-9]+(?:[.,:/-][0-9]+)*|[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
# The same of ASCII, in half the time.
_ASCII_WORD = re.compile("[0-9]+(?:[.,:/-][0-9]+)*|[A-Za-z0-9]+")

Triple = tuple[str, str, str]


def split_words(text: str) -> list[str]:
    """Split a text into words, as they are printed but for house style.

    >>> split_words("Profits rose 3.5 pct, to 12,000 mln dlrs; 3.5% more.")
    ['Profits', 'rose', '3.5', 'percent', 'to', '12,000', 'million', 'dollars', '3.5', 'percent', 'more']
    """
    written = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])
    if "%" in written or "per cent" in written:  # looking first takes a tenth of the time
        written = _PERCENT.sub(" percent", written)
    found = (_ASCII_WORD if written.isascii() else _WORD).findall(written)
    return [_HOUSE_STYLE.get(word, word) for word in found[:MAX_WORDS]]


def fold_words(text: str) -> list[str]:
    """Split a text into the same words, in lower case.

    >>> fold_words("Profits rose 3.5 pct")
    ['profits', 'rose', '3.5', 'percent']
    """
    return " ".join(split_words(text)).casefold().split()  # all at once takes a third of the time


@dataclass(frozen=True)
class Text:
    """What is compared of an article."""

    headline: str | None
    body: str
    day: date | None
    """Of the dateline, else of publication; with the year `NO_YEAR` where nothing tells it."""

    @property
    def length(self) -> int:
        """How many characters of the body are read."""
        return min(len(self.body), MAX_CHARACTERS)

    @cached_property
    def printed(self) -> list[str]:
        """The words of the body, as they are printed."""
        return split_words(self.body)

    @cached_property
    def words(self) -> list[str]:
        """The same in lower case."""
        return fold_words(self.body)

    @cached_property
    def triples(self) -> set[Triple]:
        """Every three words that follow each other."""
        return set(zip(self.words, self.words[1:], self.words[2:], strict=False))

    @cached_property
    def headline_words(self) -> set[str]:
        """The words of the headline in lower case."""
        return {word.casefold() for word in split_words(self.headline or "")}


def read_text(row: Any) -> Text:
    """Read what is compared from an article or a row that has its columns."""
    return Text(row.headline, row.body, _read_day(row))


def _read_day(row: Any) -> date | None:
    if row.dateline_date:
        day: date = row.dateline_date
        return day
    printed = ((row.dateline or {}).get("date") or {}).get("value")
    if printed:  # without a year, as datelines mostly are
        return date.fromisoformat(printed.replace("--", f"{NO_YEAR:04}-", 1))
    return row.published_at.date() if row.published_at else None


def count_days_between(one: date | None, other: date | None) -> int:
    """Count the days between two dates, without regard to the years if one has none; 0 if one is unknown."""
    if one is None or other is None:
        return 0
    if NO_YEAR not in (one.year, other.year):
        return abs((one - other).days)
    days = abs((one.replace(year=NO_YEAR) - other.replace(year=NO_YEAR)).days)
    return min(days, DAYS_IN_LEAP_YEAR - days)
