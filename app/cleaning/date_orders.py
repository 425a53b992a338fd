"""Whether "04/05/2024" is the fourth of May or the fifth of April.

Most languages put the day first, the United States the month. The line alone does not tell, so the page must.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import urlsplit

from app.cleaning.dates import PrintedDate, to_utc
from app.cleaning.draft import Draft
from app.cleaning.languages import detect_language

_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})([/-])(\d{1,2})\2(?:19|20)\d\d(?!\d)")
_LONGEST = 160  # letters of a line whose dates are compared
_READ = 600  # letters of the text that tell its language
_AMERICAN_ZONES = frozenset(range(-600, -200))  # minutes east of UTC
_DAY_FIRST_NAMES = "au bd gh ie in ke lk my ng nz pk sg tz ug uk za zm zw"
_DAY_FIRST_DOMAINS = frozenset(_DAY_FIRST_NAMES.split())
_DATED_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d\d)[/-](\d\d)(?!\d)")


def settle_order(draft: Draft, printed: PrintedDate) -> PrintedDate | None:
    """Return an open date with its day and month in the order that the page tells; None if nothing tells.

    What tells, the surest first: the day in the address of the page or in its markup, other dates of the page
    in the same form, the time zone, the language with its country, the domain, the language alone if it is
    not English, and that an article is not published after it was received.
    """
    swapped = replace(printed, day=printed.month, month=printed.day)
    for stated in _list_stated(draft):
        if stated in (_day(printed), _day(swapped)):
            return _close(printed if stated == _day(printed) else swapped)
    is_month_first = _read_others(draft)
    if is_month_first is None and printed.offset is not None:
        is_month_first = printed.offset in _AMERICAN_ZONES
    if is_month_first is None:
        is_month_first = _read_language(draft)
    if is_month_first is not None:
        return _close(swapped if is_month_first else printed)
    if draft.hints.received_at:
        latest = to_utc(draft.hints.received_at).date() + timedelta(days=1)
        possible = [each for each in (printed, swapped) if _day(each) <= latest]
        if len(possible) == 1:
            return _close(possible[0])
    return None


def _close(printed: PrintedDate) -> PrintedDate:
    return replace(printed, is_open=False)


def _day(printed: PrintedDate) -> date:
    return date(printed.year or 1, printed.month, printed.day)


def _list_stated(draft: Draft) -> list[date]:
    """List the days that the address of the page and its markup state."""
    texts = [moment[0][:10] for moment in (draft.metadata.published, draft.metadata.modified) if moment]
    found = _DATED_PATH.search(draft.hints.url or "")
    texts += ["-".join(found.groups())] if found else []
    days = []
    for text in texts:
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            continue  # a month, or digits that are no date
    return days


def _read_others(draft: Draft) -> bool | None:
    """Tell by the page's other dates whether the month comes first; None if none tells or they differ."""
    orders = set()
    for line in draft.lines:
        for found in _SLASHED.finditer(line.text) if len(line.text) <= _LONGEST else ():
            first, second = int(found[1]), int(found[3])
            if first <= 12 < second <= 31 or second <= 12 < first <= 31:
                orders.add(second > 12)
    return orders.pop() if len(orders) == 1 else None


def _read_language(draft: Draft) -> bool | None:
    """Tell by language and country whether the month comes first."""
    stated = (draft.hints.language or draft.metadata.language or "").replace("_", "-").lower()
    if stated == "en-us":
        return True
    if stated and not stated.startswith("en"):
        return False
    if stated.startswith("en-") or _read_domain(draft.hints.url) in _DAY_FIRST_DOMAINS:
        return False
    text = " ".join(draft.text_of(each) for each in draft.undecided()[:8])[:_READ]
    return None if stated or detect_language(text, unsure="en") == "en" else False


def _read_domain(url: str | None) -> str:
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:
        return ""  # an address with brackets that hold no address
    return host.rsplit(".", 1)[-1]
