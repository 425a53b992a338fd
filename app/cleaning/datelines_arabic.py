"""Datelines of Arabic agencies and papers: a place, a day, and an agency in brackets or before a colon."""

from __future__ import annotations

import re

from app.cleaning.agencies import name_agency
from app.cleaning.article import Dateline, DatelineDate, Place
from app.cleaning.dates import parse_date
from app.cleaning.places import find_country, is_city

_WORD = "[\u0621-\u064a]+"
_OPENING = re.compile(
    rf"(?P<places>{_WORD}(?: {_WORD}){{0,2}}?(?:/{_WORD}(?: {_WORD}){{0,2}}?)?)"
    rf"(?:[،,]? (?P<date>\d{{1,2}} {_WORD}(?:[ /]{_WORD})?(?: (?:19|20)\d\d)?))?[،,]?"
    r"(?P<mark>(?P<slash> ?/ ?)| ?[-–—:] ?)?"
    rf" ?(?P<tag>\([^()]{{2,25}}\)|«[^«»]{{2,25}}»|(?(mark){_WORD}(?: {_WORD}){{0,2}}?|(?!)))??"
    r"(?P<separator> ?(?:[-–—]+|:|/) ?|(?(slash)(?= )|(?!)))"
)
_BRACKETS = "()«» "


def parse_arabic(head: str) -> Dateline | None:
    """Return the dateline that opens an Arabic text.

    What stands in brackets counts as an agency only if it is one. Leaves sentences alone: without a known
    agency there must be a known city and a dash.

    >>> dateline = parse_arabic("القاهرة 4 مايو (رويترز) - قال مسؤولون")
    >>> dateline.places, dateline.date.value, dateline.agency
    ((Place(name='القاهرة', region=None, country='EG'),), '--05-04', 'Reuters')
    """
    found = _OPENING.match(head) if "\u0621" <= head[:1] <= "\u064a" else None
    if found is None:
        return None
    tag, separator = found["tag"] or "", found["separator"].strip()
    agency = name_agency(tag.strip(_BRACKETS))
    printed = parse_date(found["date"]) if found["date"] else None
    if (found["date"] and printed is None) or not (separator or agency):
        return None
    names = [name.strip() for name in found["places"].split("/")]
    is_known = all(map(is_city, names))
    is_bracketed = tag[:1] in ("(", "«")
    is_marked = found["mark"] is not None
    if agency:
        is_credible = is_known or is_bracketed or is_marked
    else:
        is_credible = is_known and (is_bracketed or not tag) and (is_marked or separator not in (":", "/"))
    if not is_credible:
        return None
    places = tuple(Place(name, None, find_country(name, None)) for name in names)
    date = None
    if printed:
        day, year = f"{printed[0].month:02d}-{printed[0].day:02d}", printed[0].year
        date = DatelineDate(
            f"{year}-{day}" if year else f"--{day}", "day", False, "printed" if year else "none"
        )
    return Dateline(found[0].strip(), places, date, agency)
