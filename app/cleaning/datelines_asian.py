"""Datelines of Japanese, Chinese and Korean agencies, which stand in brackets or end in "电"."""

from __future__ import annotations

import re

from app.cleaning.agencies import name_agency
from app.cleaning.article import Dateline, DatelineDate, Place
from app.cleaning.dates import PrintedDate, is_calendar_day
from app.cleaning.places import find_country

_NAME = r"[^\W\d_]"
_BRACKETED = re.compile(
    rf"[【〔［](?P<inside>[^【】〔〕［］]{{2,40}})[】〕］]|[（(](?P<round>{_NAME}{{1,12}}[=＝]{_NAME}{{2,20}})[）)]"
)
_CHINESE = re.compile(
    rf"据?(?P<agency>新华社|新華社|中新社|中新网|中新網|中央社|本报|本報|法新社|路透社|人民网|"
    rf"新华网|新華網|央视网)?(?P<place>{_NAME}{{2,10}}?)?(?:频道|"
    rf"頻道)?\s?(?P<month>\d{{1,2}})\s?月\s?(?P<day>\d{{1,2}})\s?日\s?(?:综合)?(?:电|電|讯|訊)"
)
_PARTS = re.compile(r"[=＝・]|\s")
_OWN = frozenset({"本报", "本報", "人民网", "央视网"})


def parse_asian(head: str) -> Dateline | None:
    """Return the dateline that opens a Japanese, Chinese or Korean text.

    >>> parse_asian("【ワシントン共同】大統領は").agency
    'Kyodo'
    >>> parse_asian("新华社北京4月6日电 记者").places
    (Place(name='北京', region=None, country='CN'),)
    """
    if head[:1] in "【〔［（(":
        found = _BRACKETED.match(head)
        return _read_bracketed(found) if found else None
    found = None if head[:1].isascii() else _CHINESE.match(head)
    if found is None or not (found["agency"] or (found["place"] and find_country(found["place"], None))):
        return None
    printed = PrintedDate(int(found["month"]), int(found["day"]))
    if not is_calendar_day(printed):
        return None
    date = DatelineDate(f"--{printed.month:02d}-{printed.day:02d}", "day", False, "none")
    agency = None if found["agency"] in _OWN or not found["agency"] else name_agency(found["agency"])
    return Dateline(found[0], _read_places(found["place"]), date, agency)


def _read_bracketed(found: re.Match[str]) -> Dateline | None:
    inside = found["inside"] or found["round"]
    pairs = [pair for pair in (re.split("[=＝]", part) for part in inside.split("、")) if len(pair) == 2]
    if len(pairs) > 1 and all(find_country(place, None) for place, _ in pairs):  # a place for each reporter
        return Dateline(found[0], tuple(_read_places(place)[0] for place, _ in pairs), None, None)
    parts = [part for part in _PARTS.split(inside) if part]
    agency = next(filter(None, map(name_agency, parts)), None)
    if agency:
        place = parts[0] if name_agency(parts[0]) is None else None
        return Dateline(found[0], _read_places(place), None, agency)
    for length in range(2, 6):  # "ワシントン共同": the agency's name ends the bracket
        agency = name_agency(inside[-length:]) if len(inside) > length else None
        if agency and not inside.isascii():
            return Dateline(found[0], _read_places(inside[:-length]), None, agency)
    if len(parts) == 2 and find_country(parts[0], None):
        return Dateline(found[0], _read_places(parts[0]), None, None)
    return None


def _read_places(name: str | None) -> tuple[Place, ...]:
    return (Place(name, None, find_country(name, None)),) if name else ()
