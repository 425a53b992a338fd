"""Credits of pictures: whose a picture is, at the end of its caption or on a line of its own."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from app.cleaning.agencies import AGENCY_NAMES, name_agency
from app.cleaning.measures import ends_sentence, is_wide, weigh
from app.cleaning.names import has_given_name, is_name
from app.cleaning.places import is_city, is_region

_TAIL = 140  # letters at the end of a line that can hold a credit
_LONGEST = 700  # letters a caption can have; longer lines are paragraphs
_LONGEST_CREDIT = 110  # letters of a credit on a line of its own

_LABEL = (
    r"(?:(?:photo|picture|image|illustration|photograph|photographer)s?(?: credits?| source|"
    r" courtesy)?(?: by| of)?|"
    r"credits?|courtesy(?: of)?|(?:archiv|symbol|titel)?(?:fotos?|bild(?:er|quelle|nachweis)?)|quelle|"
    r"fotografi?e?n?|"
    r"foto d[’']archivio|photo d[’']archives|fotograf(?:ía|ia)|crédits?(?: photo)?|imagen|imagem|crédito|"
    r"imagine|"
    r"ljósmynd|skjáskot|fotoğraf|zdjęcie|fot\.|kuva|fotó|grafik|fotka|slika|ảnh|isithombe|φωτογραφία|фото|写真(?:提供|は)?|撮影|画像|图片(?:来源)?|图|"
    r"사진|الصورة|تصوير)"
)
_LIBRARY = (
    r"(?:getty(?: images)?(?: \w+)?|shutterstock(?:\.com)?|alamy(?: stock photo)?|istock(?:photo)?|ap photo|"
    r"picture[- ]alliance|imago(?: images)?|unsplash|pixabay|pexels|sipa(?: usa| press)?|witters|keystone|"
    r"scanpix|"
    r"ritzau scanpix|swns|pa (?:wire|images)|epa-efe|bestimage|zuma(?: press)?|wireimage|"
    r"postmedia(?: news)?|gc images|"
    r"afp-jiji|the associated press|wikimedia(?: commons)?|depositphotos|adobe ?stock|freepik|뉴시스|뉴스1)"
)
_SOURCE = rf"(?:(?i:{_LIBRARY})|{AGENCY_NAMES}|REUTERS|AAP|NTB|SIPA|Sipa|SWNS|ANP|BELGA)"
_MARK = r" ?[:：=＝©/] ?"
_BRACKET = re.compile(r" ?[(\[（【〔](?P<credit>[^()\[\]（）【】〔〕]{2,90})[)\]）】〕]\.?$")
_CLOSING = ")]）】〕"
_AFTER_SENTENCE = r"(?<=[.!?…”\"»)\]])\s?"
_BARE: tuple[tuple[re.Pattern[str], str], ...] = (  # pattern, example
    (
        re.compile(
            rf"(?:^|[ .|–—]){_LABEL}{_MARK}(?P<credit>[^\s:：=＝][^:：=＝]{{1,80}}?)\.?$", re.IGNORECASE
        ),
        "The ferry leaves. Photo: Ann Lee",
    ),
    (
        re.compile(
            rf"(?<=[a-zß-ÿ.!?])(?:Credit|Photo|Foto|Image){_MARK}(?P<credit>[^\s:：=＝][^:：=＝]{{1,80}}?)\.?$"
        ),
        "The ferry leaves the harbourCredit: Ann Lee",
    ),
    (
        re.compile(
            rf"(?:^|[ .|–—-])(?i:{_LABEL}) (?:by|von|de|af|av|door|di) (?P<credit>[A-ZÀ-Þ@][^.!?:]{{1,70}})$"
        ),
        "The ferry leaves — Picture by Ann Lee",
    ),
    (
        re.compile(
            r"(?:^|\s?[—–|-]\s?|\s|(?<=[.!?]))[©Ⓒ]\s?(?!.{0,60}(?:19|20)\d\d)(?P<credit>[^©Ⓒ]{2,90})$"
        ),
        "The ferry leaves. © Ann Lee/dpa",
    ),
    (
        re.compile(
            rf"(?:^|[ |.])(?P<credit>(?:[\w.'’-]{{2,24}} ){{0,3}}(?:[\w.'’-]{{2,24}} ?[/|"
            rf"] ?)?{_LIBRARY})\.?$",
            re.IGNORECASE,
        ),
        "The ferry leaves | Ann Lee/Getty Images",
    ),
    (
        re.compile(
            rf"{_AFTER_SENTENCE}(?:[—–-] )?"
            rf"(?P<credit>{_SOURCE} ?[/|] ?[^\s.!?|/][^.!?]{{1,50}}|"
            rf"(?:[A-ZÀ-Þ]\. ?)?[^\s.!?|/][^.!?/|]{{1,50}} ?[/|] ?(?:via )?{_SOURCE}"
            rf"(?: ?[/|] ?[^.!?]{{2,40}})?)$"
        ),
        "The ferry leaves.Ann Lee/Reuters",
    ),
    (
        re.compile(
            rf"(?<=[^\W\d_]) (?P<credit>@?[A-ZÀ-Þ@][\w.'’-]{{1,24}}(?: [A-ZÀ-Þ][\w.'’-]{{1,24}}){{0,2}}"
            rf"(?: via \w{{1,12}})? ?/ ?(?:via )?{_SOURCE})$"
        ),
        "The ferry leaves the harbour Ann Lee/Reuters",
    ),
    (
        re.compile(rf"{_AFTER_SENTENCE}(?P<credit>{_SOURCE}(?: via {_SOURCE})?)$"),
        "The ferry leaves.AFP",
    ),
    (
        re.compile(
            r"(?<=[.!?…”\"»)])\s?(?P<credit>Supplied|Handout|HANDOUT|Submitted|Screenshot|Contributed|Courtesy[^.]{0,60}|"
            r"Cedida[^.]{0,80}|Privat|Archivo|[A-ZÀ-Þ]\w+ [A-ZÀ-Þ]\w+ for [A-ZÀ-Þ][\w ]{2,40})$"
        ),
        "The ferry leaves. Supplied",
    ),
    (re.compile(r"(?<=[^\x00-\x7f])[＝=]\s?(?P<credit>[^＝=。、]{2,16})$"), "港を出るフェリー＝ＡＰ"),
)
_HINTS: tuple[tuple[str, ...], ...] = (  # what a line must hold for each pattern: cheaper than to try it
    (":", "：", "=", "＝", "©", "/"),
    (":", "：", "=", "＝", "©", "/"),
    (" by ", " von ", " de ", " af ", " av ", " door ", " di "),
    ("©", "Ⓒ"),
    (
        *("etty", "hutter", "lamy", "tock", "hoto", "HOTO", "lliance", "mago", "MAGO", "plash", "ixabay"),
        *("exels", "Sipa", "SIPA", "itters", "eystone", "canpix", "SWNS", "PA", "EPA", "estimage", "uma"),
        *("ireimage", "ostmedia", "GC", "AFP", "ress", "ikimedia", "epositphotos", "dobe", "reepik"),
        *("뉴시스", "뉴스1"),
    ),
    ("/", "|"),
    ("/",),
    (".", "!", "?", "…", "”", '"', "»", ")", "]"),
    (
        *("upplied", "andout", "HANDOUT", "ubmitted", "creenshot", "ontributed", "ourtesy", "Cedida"),
        *("Privat", "Archivo", " for "),
    ),
    ("＝", "="),
)
_IN_LIBRARY = 4  # which of the patterns names a library
# What the forms of _LIBRARY end in, but for "getty", which words can follow: cheaper than its hints.
_ENDS = """images stock stock.com alamy photo alliance imago unsplash pixabay pexels sipa usa press witters
    keystone scanpix swns wire efe bestimage zuma wireimage postmedia news jiji wikimedia commons photos
    freepik 뉴시스 뉴스1"""
_LIBRARY_ENDS = tuple(_ENDS.split())
_TRIED = tuple((pattern, hints) for (pattern, _), hints in zip(_BARE, _HINTS, strict=True))
_TRIED_BEFORE_STOP = tuple(_TRIED[at] for at in (0, 1, 3, 4, 9))  # the others refuse a full stop at the end
_LABELLED = re.compile(rf"{_LABEL}(?:{_MARK}| )(?=\S)", re.IGNORECASE)
_PICTURE_WORD = re.compile(
    r"\b(?:photos?|pictures?|pics?|file|pool|handout|courtesy|fotos?|bild|archiv\w*|archives?|getty|alamy|"
    r"shutterstock|istock\w*|pixabay|dok|supplied"
    r"|unsplash|imago|picture alliance)\b|写真|撮影|提供|代表|사진",
    re.IGNORECASE,
)
_OF_PAGE = re.compile(r"\b(?:rights reserved|alle rechte|gmbh|inc|llc|ltd)\b", re.IGNORECASE)
_PERSON_OF_HOUSE = re.compile(  # "The ferry leaves. Ann Lee / The Quay Herald"
    r"(?<=[.!?…”\"»])\s?(?P<credit>(?P<person>[A-ZÀ-Þ][^.!?/|]{2,40}) / [A-ZÀ-Þ][^.!?/|]{1,40})$"
)
_LEAST_NAME = 3  # letters of a person's one name
_INITIAL = re.compile(r"(?:[A-ZÀ-Þ]\.-?){1,2}")
_CREDIT_PART = re.compile(r" ?[/|,:：=＝・] ?| via | by ")
_LABEL_ALONE = re.compile(
    rf"[(\[]?(?:(?:{_LABEL})(?:{_MARK}|, | by | von )+|[©Ⓒ] ?)(?P<credit>.{{2,90}}?)[)\]]?", re.IGNORECASE
)
_IMAGE_SOURCE = re.compile(r"Image (?:source|credit), ?(?P<credit>.{2,80})")
_SOURCE_ALONE = re.compile(
    # A word counts whole: one that could be cut anywhere took 5 ms to be refused.
    rf"[(\[]?(?P<credit>(?:[\w.'’&-]{{2,24}}(?![\w.'’&-])[ ,]{{0,2}}){{0,5}}"
    rf"(?:/ ?|\| ?|via ){_SOURCE}(?: ?[/|] ?[\w.'’ &-]{{2,40}})?|"
    rf"{_SOURCE} ?[/|] ?[\w.'’ &/|-]{{2,50}}|(?i:{_LIBRARY})|"
    rf"[A-ZÀ-Þ][\w.'’-]{{1,24}}(?: [A-ZÀ-Þ][\w.'’-]{{1,24}}){{1,3}} \({_SOURCE}\))[)\]]?"
)

_ALONE: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (  # and what a line must hold for each
    (_IMAGE_SOURCE, ("Image ",)),
    (_LABEL_ALONE, (":", "：", "=", "＝", "©", "Ⓒ", "/", ", ", " by ", " von ")),
    (_SOURCE_ALONE, ("/", "|", "via ", "(", *_HINTS[4])),
)


@dataclass(frozen=True, slots=True)
class CreditedText:
    """A line that ends in a credit: what stands before it, and the credit."""

    caption: str
    credit: str
    is_bare_agency: bool  # "(AP)": such a bracket can also close a story


def parse_caption(text: str) -> CreditedText | None:
    """Return caption and credit of a line that ends in a credit.

    >>> parse_caption("The ferry leaves. (AP Photo/Ann Lee)")
    CreditedText(caption='The ferry leaves.', credit='AP Photo/Ann Lee', is_bare_agency=False)
    >>> parse_caption("The ferry (built in 1931) leaves the harbour.")
    """
    return _parse_short_line(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=1024)
def _parse_short_line(text: str) -> CreditedText | None:
    tail = text[-_TAIL:]
    start = len(text) - len(tail)
    bracket = _BRACKET.search(tail) if tail[-2:-1] in _CLOSING or tail[-1:] in _CLOSING else None
    if bracket:
        inside = bracket["credit"].strip()
        before = text[: start + bracket.start()].rstrip()
        is_bare_agency = name_agency(inside) is not None
        if is_bare_agency or _is_credit(inside, before):
            credit = _LABELLED.sub("", inside, count=1) if _LABELLED.match(inside) else inside
            return CreditedText(before, credit, is_bare_agency)
    for pattern, hints in _TRIED_BEFORE_STOP if tail.endswith(".") else _TRIED:
        if hints is _HINTS[_IN_LIBRARY] and not _ends_in_library(tail):
            continue
        found = pattern.search(tail) if any(map(tail.__contains__, hints)) else None
        if found and _is_bare_credit(found["credit"]):
            return _part_at(text, start, tail, found)
    found = _PERSON_OF_HOUSE.search(tail) if " / " in tail else None
    if found and is_name(found["person"]) and has_given_name(found["person"]):
        return CreditedText(text[: start + found.start()].rstrip(), found["credit"], False)
    return None


def _ends_in_library(tail: str) -> bool:
    lowered = tail.lower()
    return lowered.rstrip(".").endswith(_LIBRARY_ENDS) or "getty" in lowered


def _is_bare_credit(credit: str) -> bool:
    """Tell whether what ends a line can be a credit: names, with few small words between them."""
    if (ends_sentence(credit) and not credit.endswith(".")) or _OF_PAGE.search(credit):
        return False
    if is_wide(credit):
        plain = unicodedata.normalize("NFKC", credit)
        return name_agency(plain) is not None or _PICTURE_WORD.search(plain) is not None or len(plain) < 12
    words = credit.split()
    small = [word for word in words if word[:1].islower() and len(word) > 3]
    return len(words) <= 12 and len(small) <= 3


def _part_at(text: str, start: int, tail: str, found: re.Match[str]) -> CreditedText:
    credit = found["credit"].strip(" .")
    at = found.start()
    before = tail[: at + 1] if ends_sentence(tail[at : at + 1]) else tail[:at]
    words = credit.split()
    is_whole = has_given_name(words[0]) or _INITIAL.fullmatch(words[0])
    if "/" in credit and len(words) > 2 and not is_whole and has_given_name(words[1]):
        before, credit = f"{before} {words[0]}", credit.removeprefix(words[0]).strip()
    is_bare_agency = (
        name_agency(credit) is not None
        and before.endswith((".", "!", "?", "”", '"'))
        and tail[found.start("credit") - 1] == " "
    )
    return CreditedText((text[:start] + before).rstrip(" |–—/"), credit, is_bare_agency and "©" not in tail)


def _is_credit(inside: str, before: str) -> bool:
    """Tell whether what stands in brackets is a credit and no longer remark."""
    if len(inside.split()) > 12:
        return False
    if _LABELLED.match(inside) or _PICTURE_WORD.search(inside):
        return True
    parts = _CREDIT_PART.split(inside)
    if len(parts) > 1 and any(map(name_agency, parts)):
        return True
    person, mark, house = inside.partition("/")
    if mark and is_name(person.strip()) and house[:1].isupper():
        return True
    if not ends_sentence(before):
        return False
    return (is_name(inside) and has_given_name(inside)) or (bool(mark) and _is_of_house(person, house))


def _is_of_house(house: str, person: str) -> bool:
    """Tell whether a bracket holds a paper or a site and who took its picture: "JP/Suherdjoko"."""
    house, person = house.strip(), person.strip()
    if not house[:1].isupper() and "." not in house:
        return False
    is_short = (house.isupper() and len(house) > 1) or ("." in house and " " not in house)
    if is_name(person):
        return is_short or all(word[0].isupper() for word in house.split()[:4])
    is_capitalised = person[:1].isupper() and person[1:].islower() and len(person) > _LEAST_NAME
    return is_short and is_capitalised and not (is_city(person) or is_region(person))


def parse_credit_line(text: str) -> str | None:
    """Return the credit of a line that holds a credit and nothing else.

    >>> parse_credit_line("Foto: Ann Lee/dpa"), parse_credit_line("Photo gallery")
    ('Ann Lee/dpa', None)
    """
    is_short = len(text) <= _LONGEST_CREDIT and weigh(text) <= _LONGEST_CREDIT
    return _parse_lone_credit(text) if is_short else None


@lru_cache(maxsize=1024)
def _parse_lone_credit(text: str) -> str | None:
    for pattern, hints in _ALONE:
        found = pattern.fullmatch(text) if any(map(text.__contains__, hints)) else None
        if found:
            credit = found["credit"].strip(" .[]")
            if re.search(r"(?:19|20)\d\d", credit) and text[:1] in "©Ⓒ":
                return None
            nested = _LABELLED.match(credit)
            if nested:
                credit = credit[nested.end() :]
            return credit if credit and _is_bare_credit(credit) else None
    house, mark, person = text.partition("/")
    return (
        text
        if mark and house[:1].isupper() and len(house) < 30 and has_given_name(person) and is_name(person)
        else None
    )
