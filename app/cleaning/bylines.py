"""Bylines: the printed line, and the people it names."""

from __future__ import annotations

import re
from dataclasses import replace

from app.cleaning.agencies import name_agency
from app.cleaning.article import Author
from app.cleaning.draft import Draft
from app.cleaning.ledger import Role

_LONGEST = 160  # letters of a byline

_NAME_WORD = (
    r"(?:[A-ZÀ-ÖØ-ÞĀ-ŽА-ЯΑ-Ω][\w'’.-]{0,24}|d[’'][A-Z]\w{1,20}|al-\w{2,20}|(?:de|del|della|"
    r"di|da|dos|das|du|van|von|der|den|el|bin|ibn|le|la|ter|ten|zu|y|e)(?= ))"
)
_NAME = rf"{_NAME_WORD}(?: {_NAME_WORD}){{0,5}}"
_INTRODUCED = re.compile(
    r"(?:(?:words|story|text|report|reporting|analysis|written|posted|reported|published|article|"
    r"review|interview|edited)(?: and photos?)? )?"
    r"(?:by|von|par|por|di|door|av|af|od|przez|texto|autor(?:in)?|author|testo)(?::| \|)? (?=\S)",
    re.IGNORECASE,
)
_CAREFUL = re.compile(r"(?:De|Da|Text|Texte|От|Автор)(?::| \|)? (?=\S)")
_NAMES = re.compile(rf"{_NAME}(?:(?: and | und | et | y | e | i | & |, and |, | / | with ){_NAME}){{0,5}}")
_SPLIT = re.compile(r" and | und | et | y | e (?=[A-ZÀ-Þ])| i (?=[A-ZÀ-Þ])| & |, and |, | / | with ")
_CJK = re.compile(
    r"(?:文[/／|｜:：]\s?|記者[:：/／ ]\s?|记者[:：/／]?\s?|作者[:：]\s?|撰文[:：]?\s?|記者(?=\S{2,4}$)|"
    r"【?取材・文】?[:：/／]\s?)(\S{2,5}(?:[、,， ・]\S{2,5}){0,4})$"
)
_CJK_AFTER = re.compile(r"[（(【]?(\S{2,6}?)(?:記者|记者|特派員|기자)[）)】]?$")
_STAFF = re.compile(
    r"\b(?:staff|writer|reporter|correspondent|editor|bureau|desk|team|newsroom|redaktion|agency|"
    r"agencies|news|service|press|media|network|online)\b",
    re.IGNORECASE,
)
_ROLES = re.compile(
    r"^(?:(?:senior |chief |staff |special |political |business |science |sports? )*(?:writer|"
    r"reporter|correspondent|editor|columnist|analyst|critic|journalist))\b.*",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r" ?(?:[|•·—–]| - |\bfor (?=[A-Z])|(?:updated|published|posted|on|at)\b(?=[ :]*\S*\d| (?:mon|tue|"
    r"wed|thu|fri|sat|sun|jan|feb"
    r"|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))|\d{1,2}[:./]\d).*",
    re.IGNORECASE,
)


def is_byline(text: str) -> bool:
    """Tell whether a line is a byline and nothing else.

    >>> is_byline("By Nora Feld and Ibrahim Said"), is_byline("By Monday the water had gone.")
    (True, False)
    """
    return _printed_names(text) is not None


def _printed_names(text: str) -> str | None:
    """Return the part of a byline that names its people or agencies."""
    if len(text) > _LONGEST:
        return None
    wide = _CJK.match(text) or (_CJK_AFTER.fullmatch(text) if len(text) <= 12 else None)
    if wide:
        return wide[1]
    introduced = _INTRODUCED.match(text) or _CAREFUL.match(text)
    if introduced is None or (text.endswith((".", "!", "?", ":")) and not text.endswith("Jr.")):
        return None
    names = _TAIL.sub("", text[introduced.end() :], count=1).strip(" ,;")
    people, _, title = names.partition(", ")
    if title and not (_ROLES.match(title) or name_agency(title) or _NAMES.fullmatch(title)):
        return None
    return names if name_agency(names) or _NAMES.fullmatch(people) else None


def parse_authors(names: str) -> tuple[tuple[Author, ...], str | None]:
    """Part people from agencies, desks and job titles."""
    authors: list[Author] = []
    agency = None
    pieces = (
        re.split(r"[、,，・ ]", names)
        if not re.search(r"[A-Za-zÀ-žА-я]", names)
        else _SPLIT.split(names.replace(", ", " and "))
    )
    for piece in pieces:
        name = piece.strip(" .,;")
        if name_agency(name):
            agency = agency or name_agency(name)
        elif _ROLES.match(name):
            if authors:
                authors[-1] = Author(authors[-1].name, name)
        elif name and not _STAFF.search(name) and (" " in name or not name.isascii()):
            authors.append(Author(_spell_name(name)))
    return tuple(authors), agency


def _spell_name(name: str) -> str:
    """Write a name that is printed in capitals as a name."""
    if name.isupper() and len(name) > 5 and name.isascii():
        return re.sub(r"[A-Z]+", lambda word: word[0].capitalize(), name)
    return name


def find_byline(draft: Draft) -> Draft:
    """Find the line that says who wrote the story.

    Leaves a byline that an agency alone fills without authors: the agency is the credit. Leaves sentences
    that begin with "By" alone.

    >>> from app.cleaning.ledger import Line
    >>> draft = Draft(raw="", lines=(Line(1, "By Nora Feld, staff writer"),), paragraphs=((1,),))
    >>> find_byline(draft).authors
    (Author(name='Nora Feld', role='staff writer'),)
    """
    for paragraph in draft.undecided():
        text = draft.text_of(paragraph)
        names = _printed_names(text)
        if names is None:
            continue
        draft = draft.with_role(paragraph, Role.BYLINE)
        if draft.byline is None:
            authors, agency = parse_authors(names)
            draft = replace(draft, byline=text, authors=authors, agency=draft.agency or agency)
    return draft
