"""Authors that the markup of a page states, checked against the names that the page prints."""

from __future__ import annotations

import re
from dataclasses import replace

from app.cleaning.agencies import name_agency
from app.cleaning.article import Author
from app.cleaning.bylines import parse_authors, read_names
from app.cleaning.draft import Draft, Metadata, Paragraph
from app.cleaning.introductions import BELOW, FAR, NEXT, list_introduction, mark_kept
from app.cleaning.ledger import Role, Warning_
from app.cleaning.measures import ends_sentence, fold, is_wide, weigh
from app.cleaning.names import is_name

_LONGEST, _LONGEST_AGENCY = 180, 40  # letters of a byline, and of one that is an agency's name
_MOST = 12  # authors
_INSIDE, _PROSE = 2, 80.0  # paragraphs after which the body has begun, and letters of such a one
_BY = ("By ", "by ", "Von ", "von ", "Por ", "por ", "Par ", "par ", "Di ", "di ")
_ADDRESS = re.compile(r"://|\bwww\.")


def check_authors(draft: Draft) -> Draft:
    """Compare the authors that were read with those that the markup states, and add what only that knows.

    People whom the page prints anywhere are taken from the markup. Those of the byline stay unless the markup
    names others that are printed, too. Stated people whom the page prints nowhere are taken only if it prints
    no author at all. Every disagreement is warned of. An element whose class says that it is a byline counts
    as one if neither JSON-LD nor a meta element names anybody.

    >>> from app.cleaning.draft import Metadata
    >>> from app.cleaning.ledger import Line
    >>> lines = (Line(1, "Rain"), Line(2, "Nora Feld, Oslo"))
    >>> draft = Draft(raw="", metadata=Metadata(authors=("Nora Feld",)), lines=lines, paragraphs=((1,), (2,)))
    >>> check_authors(draft).byline
    'Nora Feld, Oslo'
    """
    stated, agency = _parse_stated(draft.metadata)
    draft = replace(draft, agency=draft.agency or agency)
    marked = () if stated or agency or draft.authors else _parse_marked(draft)
    introduction = [draft.text_of(each) for each, rank in list_introduction(draft) if rank != FAR]
    near = [text for text in introduction if len(text) <= _LONGEST]
    if marked:  # the names of others stand in such elements, too: beside the titles of their stories
        stated = _find_printed(marked, near)
    if not (stated or draft.authors or draft.byline):
        stated = _find_introduced(draft.metadata, near)
    if not stated:
        return _name_agency_line(draft) if agency else draft
    above = _find_printed(stated, near)
    printed = above or _find_printed(stated, [line.text for line in draft.lines])
    read = {fold(author.name) for author in draft.authors}
    if not read:
        draft = draft if printed else draft.with_warning(Warning_.AUTHORS_DIFFER)
        return _name_line(replace(draft, authors=printed or stated))
    if read.isdisjoint(fold(author.name) for author in stated):
        draft = draft.with_warning(Warning_.AUTHORS_DIFFER)
        if not printed and not _is_inside(draft):
            return draft
        return _name_line(replace(draft, authors=printed or stated, byline=None))
    more = tuple(author for author in above if fold(author.name) not in read)
    return replace(draft, authors=(*draft.authors, *more)[:_MOST])


def _is_inside(draft: Draft) -> bool:
    """Tell whether the byline stands inside the body, as that of a story that the page offers there does."""
    prose = 0
    for paragraph in draft.paragraphs:
        text, role = draft.text_of(paragraph), draft.line(paragraph[0]).role
        if text == draft.byline:
            return prose >= _INSIDE
        prose += role is Role.UNDECIDED and weigh(text) >= _PROSE and ends_sentence(text)
    return False


def _find_printed(authors: tuple[Author, ...], texts: list[str]) -> tuple[Author, ...]:
    """Return the authors whose names these texts print; what follows can be glued to a name."""
    page = f" {' '.join(map(fold, texts))}"
    return tuple(author for author in authors if f" {fold(author.name)}" in page)


def _parse_stated(metadata: Metadata) -> tuple[tuple[Author, ...], str | None]:
    """Part the stated names into people and an agency; the name of the site is no author."""
    authors: dict[str, Author] = {}
    agency = None
    site = fold(metadata.site or "")
    for name in metadata.authors:
        if _ADDRESS.search(name) or (site and fold(name).startswith(site)):
            continue  # the address of a profile or of the outlet, or its name
        found, its_agency = (
            ((Author(name),), None) if is_wide(name) and is_name(name) else parse_authors(name)
        )
        agency = agency or its_agency
        for author in found:
            authors.setdefault(fold(author.name), author)
    return tuple(authors.values())[:_MOST], agency


def _find_introduced(metadata: Metadata, near: list[str]) -> tuple[Author, ...]:
    """Return the stated author whose name has not the form of one, if the page prints it behind "By"."""
    printed = {
        fold(text.removeprefix(by)): text.removeprefix(by)
        for by in _BY
        for text in near
        if text.startswith(by)
    }
    names = [
        name for name in map(fold, metadata.authors) if name in printed and name != fold(metadata.site or "")
    ]
    return tuple(Author(printed[name]) for name in names[:_MOST])


def _parse_marked(draft: Draft) -> tuple[Author, ...]:
    """Return the people of the first elements that are marked as bylines and hold nothing else."""
    found: dict[str, Author] = {}
    for text in draft.metadata.bylines:
        names = read_names(text) if len(text) <= _LONGEST else None
        for author in names.authors if names and names.is_clean else ():
            found.setdefault(fold(author.name), author)
        if found and not (names and names.authors):
            break
    return tuple(found.values())[:_MOST]


def _name_agency_line(draft: Draft) -> Draft:
    """Name the line of the introduction that prints nothing but the agency, where nobody is an author."""
    if draft.byline or draft.authors:
        return draft
    for paragraph, rank in list_introduction(draft):
        text = draft.text_of(paragraph)
        if rank in (NEXT, BELOW) and len(text) <= _LONGEST_AGENCY and name_agency(text) == draft.agency:
            return replace(mark_kept(draft, paragraph, Role.BYLINE), byline=text)
    return draft


def _name_line(draft: Draft) -> Draft:
    """Name the line of the introduction that prints the first of the authors as the byline."""
    if draft.byline or not draft.authors:
        return draft
    name = f" {fold(draft.authors[0].name)} "
    lines: list[Paragraph] = [
        paragraph
        for paragraph, rank in list_introduction(draft)
        if rank != FAR and name in f" {fold(draft.text_of(paragraph))} "
    ]
    for paragraph in lines:
        text = draft.text_of(paragraph)
        if len(text) <= _LONGEST and draft.line(paragraph[0]).role in (
            Role.UNDECIDED,
            Role.REMOVED,
            Role.TIMESTAMP,
        ):
            return replace(mark_kept(draft, paragraph, Role.BYLINE), byline=text)
    return draft
