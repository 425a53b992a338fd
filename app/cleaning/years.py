"""The year of a dateline, which is almost never printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import Literal

from app.cleaning.article import DatelineDate
from app.cleaning.dates import WEEKDAY, WEEKDAYS, parse_date, to_utc
from app.cleaning.draft import Draft
from app.cleaning.ledger import Role, Warning_

_BEFORE, _AFTER = (
    timedelta(days=14),
    timedelta(days=2),
)  # a story arrives at most two weeks after its dateline
_READ = 20_000  # letters of the article that are searched for years
_OPENING = 700  # letters of the body in which the day of the story is named
_DAY = re.compile(r"(?<![\d.,])[1-3]?\d(?![\d%]|[.,]\d)")
_MOST_DAYS = 60  # numbers that are looked at, whether they are the day of a date
_NEXT = 12  # years in which every weekday has come round, leap years included
_YEAR = re.compile(r"(?<![\d.,/-])(?:19[5-9]\d|20\d\d)(?![\d/%]|[.,]\d|-\d)")
_AIM = re.compile(
    r"(?:by|until|till|through|to|for|before|bis|d[’']ici|para|hasta|até|entro) (?:(?:the|year|end|of|"
    r"early|late|mid) ?){0,3}$",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(rf"(?<!\w){WEEKDAY}(?!\w)")


def infer_year(draft: Draft) -> Draft:
    """Decide the year of the dateline's date, if something decides it.

    The caller's time of receipt does if it makes the date at most two weeks old. Then the time of
    publication, if the page states it. Else the text may: the first weekday that it names is the day of the
    story, which is a date that the text gives within the week up to the dateline, or else the dateline's own
    day or the day before (agencies date a story by the day it is sent). Of the years in which that day falls
    on that weekday, none earlier than the latest year that the text speaks of, the first is taken; years
    that are aims ("by 2050") do not count. Without a weekday or without a year in the text the year stays
    unknown: neither today's year nor one from a sentence is ever taken for it.
    """
    dateline = draft.dateline
    if dateline is None or dateline.date is None or dateline.date.evidence == "printed":
        return draft
    month, day = (int(part) for part in dateline.date.value.removeprefix("--").split("-"))
    decided = _year_near(draft, month, day) or _year_of_weekday(draft, month, day)
    if decided is None:
        return draft.with_warning(Warning_.YEAR_UNKNOWN)
    year, evidence = decided
    value = DatelineDate(f"{year:04d}-{month:02d}-{day:02d}", "day", True, evidence)
    return replace(draft, dateline=replace(dateline, date=value)).with_warning(Warning_.YEAR_INFERRED)


_Evidence = Literal["received_at", "published_at", "weekday"]


def _year_near(draft: Draft, month: int, day: int) -> tuple[int, _Evidence] | None:
    """Return the year that brings the date close to when the article was received or published."""
    if draft.hints.received_at is not None:
        year = _closest_year(to_utc(draft.hints.received_at).date(), month, day)
        if year:
            return year, "received_at"
    if draft.published_at is not None:
        year = _closest_year(date.fromisoformat(draft.published_at.value[:10]), month, day)
        if year:
            return year, "published_at"
    return None


def _closest_year(anchor: date, month: int, day: int) -> int | None:
    for year in (anchor.year, anchor.year - 1, anchor.year + 1):
        there = _make_date(year, month, day)
        if there and -_AFTER <= anchor - there <= _BEFORE:
            return year
    return None


def _year_of_weekday(draft: Draft, month: int, day: int) -> tuple[int, _Evidence] | None:
    weekday = _WEEKDAY.search(draft.body[:_OPENING].lower())
    told = "\n".join(block.text for block in draft.blocks if block.role is not Role.TIMESTAMP)[:_READ]
    latest = max(_spoken_years(told), default=None)
    if weekday is None or latest is None:
        return None
    offsets = _spoken_days(told, month, day) or (0, 1)
    for year in range(latest, latest + _NEXT):
        there = _make_date(year, month, day)
        if there and any(
            (there - timedelta(days=days)).weekday() == WEEKDAYS[weekday[0]] for days in offsets
        ):
            return year, "weekday"
    return None


def _spoken_years(text: str) -> Iterator[int]:
    for found in _YEAR.finditer(text):
        if not _AIM.search(text[max(0, found.start() - 24) : found.start()]):
            yield int(found[0])


def _spoken_days(text: str, month: int, day: int) -> tuple[int, ...]:
    """Return how many days before the dateline the dates lie that the text gives, one week back at most."""
    anchor = date(2000, month, day)
    offsets = set()
    for number in islice(_DAY.finditer(text), _MOST_DAYS):
        parsed = parse_date(text[max(0, number.start() - 14) : number.end() + 14])
        if parsed and parsed[0].year is None:
            there = date(2000, parsed[0].month, parsed[0].day)
            days = (anchor - there).days % 366
            if days <= 6:
                offsets.add(days)
    return tuple(sorted(offsets))


def _make_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
