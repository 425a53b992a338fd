"""Datelines: the place, the date and the agency that open a story.

A dateline says where a story was reported, not when it was published. The grammar:

    dateline  = place *( ("/" / " and ") place ) [", " region] [", " date] [agency-tag] separator
    separator = "—" "–" "--" " - " "_" ":", ". " after a tag in slashes, or none after date and agency

Much that looks like it is none ("The Associated Press (AP) — founded in 1846"), so a match is accepted only
on evidence: of known agency, known city, city in capitals, date and dash at least two must be there, and
more for a place that is unknown or not in capitals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from app.cleaning.agencies import AGENCY_NAMES, name_agency
from app.cleaning.article import Dateline, DatelineDate, Place
from app.cleaning.bylines import read_names
from app.cleaning.datelines_arabic import parse_arabic
from app.cleaning.datelines_asian import parse_asian
from app.cleaning.dates import MONTH, MONTHS, WEEKDAY, PrintedDate, parse_date
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.ledger import EditReason, Role
from app.cleaning.place_words import ARTICLES, NO_PLACE, PARTICLES
from app.cleaning.places import find_country, is_city, is_region, is_town

_READ = 160  # letters at the beginning of a paragraph that can hold a dateline
_PARAGRAPHS = 5  # the first ones of the body, as Superdesk looks; later a dateline belongs to another story

_WORD = r"[^\W\d_][\w'’]*\.?(?:-[\w'’]+\.?){0,3}"
_NAME = rf"{_WORD}(?:[ .]{_WORD}){{0,4}}"
_DATE = (
    rf"(?:{MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?(?!\d)(?:, ?(?:19|20)\d\d)?"
    rf"|\d{{1,2}}(?:er|\.)?(?: de)? {MONTH}\b\.?(?: (?:de )?(?:19|20)\d\d)?)"
)
_TAG = rf"\([^()]{{2,50}}\)|\[[^\[\]]{{2,50}}\]|/[\w -]{{2,30}}/|(?:{AGENCY_NAMES})(?= ?[-–—:]|\. )"
_SEPARATOR = (
    r"(?P<dash>\.? ?(?:—|–|―|--+|_)(?: ?[-–—])?|\.? - ?[–—]?|\.-|: ?-|(?<=\d)- )|(?P<colon> ?:)|"
    r"(?P<stop>\.(?! ?\d))|(?(tag)(?(mark)(?!)|(?= |$))|(?!))"
)
_DATELINE = re.compile(
    rf"(?P<places>{_NAME}(?:(?: ?/ ?| and | & | und | et | y ){_NAME}){{0,3}}?)"
    rf"(?:, ?(?P<region>{_NAME}))??(?:, ?(?P<country>{_NAME}))??"
    rf"(?:[,.]{{0,2}} ?(?:- )?(?:{WEEKDAY},? )?(?P<date>{_DATE})\.?)?[,.]?(?:(?P<mark> ?--|"
    rf" ?[—–-] ?)| )?(?P<tag>{_TAG})?(?P<separator>{_SEPARATOR})(?!\d)",
    re.IGNORECASE,
)
_AGENCY_FIRST = re.compile(
    rf"(?:\((?P<inside>[^()]{{2,40}})\)|(?P<bare>{AGENCY_NAMES}))(?: ?(?:—|–|--+|_)(?: ?[-–—])?|"
    rf" - ?[–—]?|:|\.-) ?"
)
_DATE_FIRST = re.compile(rf"(?P<date>{_DATE}) (?P<tag>\([^()]{{2,40}}\)) ?(?:—|–|--+|-) ?", re.IGNORECASE)
_FLASH = re.compile(r"\*{1,6} ?(?=[^\W\d_])")  # "****LONDON, March 5 -": wires mark urgent stories so
_LATE_DATE = re.compile(rf" ?(?P<date>{_DATE})(?: (?P<tag>\([^()]{{2,40}}\)))? ?(?:—|–|--|- )", re.IGNORECASE)
_NO_SEPARATOR = re.compile(
    rf"(?P<place>[A-Z]{{3,20}}(?: [A-Z]{{3,20}}){{0,2}}), (?P<region>{_WORD}(?: {_WORD})?) "
    rf"(?=[A-Z][a-z]+ [a-z])"
)
_REPORTER = re.compile(
    r"\s?[（(](?P<byline>(?:\w{2,4})?记者\s?[^（）()]{2,24})[）)]"
)  # "新华社北京4月6日电（记者沈敏）"
_END = re.compile(r"[(\[/:—–_]|--| - |\.-|\. ")  # what ends the places and the date of a dateline
_LIST = re.compile(r" ?/ ?| and | & | und | et | y ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a paragraph: a dateline or an agency's name, and how many letters of the text it takes."""

    length: int
    dateline: Dateline | None
    agency: str | None
    byline: str | None = None


@lru_cache(maxsize=1024)  # the labeller asks of every line, and the steps again
def _parse_head(head: str) -> Opening | None:
    eastern = parse_asian(head) or parse_arabic(head)
    if eastern:
        reporter = _REPORTER.match(head, len(eastern.text))
        length = reporter.end() if reporter else len(eastern.text)
        return Opening(length, eastern, eastern.agency, reporter["byline"] if reporter else None)
    if not _could_open(head):
        return _parse_unseparated(head)
    return _parse_plain(head) or _parse_date_first(head) or _parse_glued(head) or _parse_agency_first(head)


def parse_opening(text: str) -> Opening | None:
    """Return what opens a paragraph, or None.

    >>> parse_opening("LISBON, May 17, (AP): The port reopened.").dateline.text
    'LISBON, May 17, (AP):'
    >>> parse_opening("LISBON calling: the port reopened.")
    """
    head = text[:_READ]
    flash = _FLASH.match(head)
    if flash:
        opening = parse_opening(text[flash.end() :])
        return replace(opening, length=opening.length + flash.end()) if opening else None
    return _parse_head(head)


def _could_open(head: str) -> bool:
    """Tell whether only names and a date stand before the first mark: prose is told apart before the grammar
    is tried."""
    mark = _END.search(head)
    if mark is None:
        return False
    words = head[: mark.start()].split()
    return all(not word[0].islower() or word in PARTICLES or word.strip(".,") in MONTHS for word in words)


def _parse_unseparated(head: str) -> Opening | None:
    """Read "FOGGIA, Italy Eight people …": a place in capitals and its region, both known, and no mark."""
    found = _NO_SEPARATOR.match(head)
    if found is None or not is_town(found["place"]) or not is_region(found["region"]):
        return None
    place = _read_place(found["place"], found["region"])
    return Opening(found.end(), Dateline(found[0].strip(), (place,), None, None), None)


def _parse_date_first(head: str) -> Opening | None:
    """Read "Jan 3 (Reuters) - …", which names no place."""
    found = _DATE_FIRST.match(head)
    printed = parse_date(found["date"]) if found else None
    if found is None or printed is None:
        return None
    agency = _read_tag(found["tag"]) or (_read_unknown(found["tag"]) if printed[0].year else None)
    if agency is None:
        return None
    return Opening(found.end(), Dateline(found[0].strip(), (), _read_date(printed[0]), agency), agency)


def _parse_glued(head: str) -> Opening | None:
    """Read "By ANN LEE LISBON (AP) -- …": the name ends where a known place begins."""
    words = head.split(" ", 6)
    for count in (3, 4, 5) if words[0] == "By" else ():
        byline = " ".join(words[:count])
        found = _parse_plain(head[len(byline) + 1 :])
        place = found.dateline.places[0] if found and found.dateline else None
        if found and place and (is_city(place.name) or (place.region and is_region(place.region))):
            return replace(found, length=found.length + len(byline) + 1, byline=byline)
    return None


def _parse_agency_first(head: str) -> Opening | None:
    """Read "AP - LISBON: …" and "(Reuters) - …", where what follows need not be a dateline."""
    first = _AGENCY_FIRST.match(head)
    agency = name_agency(first["inside"] or first["bare"]) if first else None
    if first is None or agency is None:
        return None
    rest = _parse_plain(head[first.end() :])
    if rest is None or rest.dateline is None:
        return Opening(first.end(), None, agency)
    length = first.end() + rest.length
    dateline = replace(rest.dateline, text=head[:length].strip(), agency=rest.agency or agency)
    return Opening(length, dateline, dateline.agency)


def _parse_plain(head: str) -> Opening | None:
    found = _DATELINE.match(head)
    if found is None or not found["places"][0].isupper():
        return None
    names = _LIST.split(found["places"])
    region = ", ".join(part for part in (found["region"], found["country"]) if part) or None
    is_placed = bool(found["date"] or (region and is_region(region)))
    if not all(_is_name(name, is_placed) for name in names) or (
        region and not all(is_region(part) or _is_name(part, False) for part in region.split(", "))
    ):
        return None
    printed = parse_date(found["date"]) if found["date"] else None
    if found["date"] and printed is None:
        return None
    agency = _read_tag(found["tag"])
    if not _is_credible(found, names, printed[0] if printed else None, agency):
        return None
    if agency is None and found["dash"] and found["tag"]:
        agency = _read_unknown(found["tag"])
    places = tuple(_read_place(name, region if name is names[-1] else None) for name in names)
    dateline = Dateline(found[0].strip(), places, _read_date(printed[0]) if printed else None, agency)
    opening = Opening(found.end(), dateline, agency)
    return opening if printed else _add_late_date(head, opening, dateline)


def _add_late_date(head: str, opening: Opening, dateline: Dateline) -> Opening:
    """Read the date that press wires print after the mark: "LISBON --(Business Wire)-- May 4, 2024 --"."""
    late = _LATE_DATE.match(head, opening.length)
    printed = parse_date(late["date"]) if late else None
    if late is None or printed is None:
        return opening
    agency = opening.agency or _read_tag(late["tag"]) or _read_unknown(late["tag"])
    text = head[: late.end()].strip()
    dated = replace(dateline, text=text, date=_read_date(printed[0]), agency=agency)
    return Opening(late.end(), dated, agency)


def _read_unknown(tag: str | None) -> str | None:
    """Return the name of an agency that is in no table, as printed; None if the brackets hold no name."""
    name = tag.strip("()[]/ ") if tag else ""
    words = name.split()
    if not words or len(words) > 3 or is_region(name) or is_city(name):
        return None
    is_site = len(words) == 1 and re.fullmatch(r"[a-z\d-]{2,20}\.(?:com|org|net)", name) is not None
    return name if is_site or all(word[0].isupper() and word.isalpha() for word in words) else None


def _is_name(name: str, is_placed: bool) -> bool:
    words = name.split()
    if is_city(name):
        return True
    first = words[0].casefold().strip(".")
    if first in NO_PLACE and not (is_placed and len(words) > 1 and first in ARTICLES):
        return False
    return all(word[0].isupper() or word in PARTICLES for word in words)


def _read_tag(tag: str | None) -> str | None:
    if tag is None:
        return None
    for part in (tag, *re.split(r"[/,&]| and ", tag.strip("()[]/"))):
        agency = name_agency(part)
        if agency:
            return agency
    return None


def _is_credible(
    found: re.Match[str], names: list[str], printed: PrintedDate | None, agency: str | None
) -> bool:
    if not found["separator"]:
        return bool(printed and agency)
    region = found["country"] or found["region"]
    if found["stop"] and not found["tag"]:
        return len(names) == 1 and not region and len(names[0]) > 3 and is_city(names[0])
    in_capitals = all(name.upper() == name for name in names)
    is_known = any(map(is_town if in_capitals or printed else is_city, names)) or bool(
        region and is_region(region)
    )
    if agency and (is_known or in_capitals or printed):
        return True
    if agency:
        return bool(found["dash"]) and len(found["places"].split()) <= 3
    if found["tag"]:
        return is_known and bool(printed or (in_capitals and found["dash"]))
    if found["colon"]:
        return is_known and (in_capitals or bool(printed))
    if not is_known:
        return bool(printed and in_capitals)
    follows = found.string[found.end() : found.end() + 2].strip()[:1]
    return (
        in_capitals
        or bool(printed)
        or bool(region and is_region(region))
        or not (follows.islower() or follows.isdigit())
    )


def _read_place(name: str, region: str | None) -> Place:
    return Place(_spell(name) if name.isupper() else name, region, find_country(name, region))


def _spell(name: str) -> str:
    return " ".join(word if word in PARTICLES else word[:1] + word[1:].lower() for word in name.split())


def _read_date(printed: PrintedDate) -> DatelineDate:
    day = f"{printed.month:02d}-{printed.day:02d}"
    if printed.year is None:
        return DatelineDate(f"--{day}", "day", False, "none")
    return DatelineDate(f"{printed.year:04d}-{day}", "day", False, "printed")


def find_dateline(draft: Draft) -> Draft:
    """Cut the dateline off the paragraph that it opens.

    Leaves captions alone, and the paragraphs after the first five. An agency that stands in a dateline's
    place ("(Reuters) - …") is the article's agency but no dateline. Nothing is cut off a standfirst.
    """
    for paragraph in draft.undecided()[:_PARAGRAPHS]:
        opening = parse_opening(draft.line(paragraph[0]).text)
        if opening:
            return _take_opening(draft, paragraph, opening)
    opening = parse_opening(draft.standfirst) if draft.standfirst else None
    if opening:
        return replace(draft, dateline=opening.dateline, agency=opening.agency or draft.agency)
    return draft


def _take_opening(draft: Draft, paragraph: Paragraph, opening: Opening) -> Draft:
    text = draft.line(paragraph[0]).text
    rest = text[opening.length :].lstrip(" \u3000")
    if opening.byline and draft.byline is None:
        names = read_names(opening.byline)
        draft = replace(draft, byline=opening.byline, authors=names.authors if names else ())
    draft = replace(draft, dateline=opening.dateline, agency=opening.agency or draft.agency)
    if rest:
        return draft.with_edit(paragraph[0], rest, EditReason.DATELINE_CUT)
    return draft.with_role(paragraph, Role.DATELINE) if len(paragraph) == 1 else draft
