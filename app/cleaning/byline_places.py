"""Where a page prints its byline: near the headline, under a label ("Author"), or below the body.

What a line says of who wrote the story: `bylines.py`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from app.cleaning.article import Author
from app.cleaning.bylines import (
    MOST,
    Names,
    is_byline_label,
    is_dated,
    read_bare_names,
    read_byline,
    spell_name,
    tells_role,
)
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.introductions import ABOVE, BELOW, FAR, NEXT, list_introduction, mark_kept
from app.cleaning.ledger import Reason, Role
from app.cleaning.measures import is_wide, weigh
from app.cleaning.names import has_given_name, is_name

_CONTEXTUAL = (  # what the labeller, and no rule, took for furniture
    Reason.NAVIGATION,
    Reason.OUTSIDE_ARTICLE,
)
_CLOSE = 3  # paragraphs below the headline in which a name is likelier a byline
_PROSE, _BODY = 80.0, 2  # letters of a paragraph, and how many come before a signature
_SIGNED, _LABELLED = 4, 15  # paragraphs below the body that can hold bare names, and names behind "By"
# "(Source: AFP/dpa)" below the body says who wrote the story: a name below it is that of a topic.
_SOURCE_LINE = re.compile(
    r"[(\[]?(?:quellen?|sources?|fontes?|fonti|fuentes?|bron|källa|kilde) ?[:：]|"
    r"(?:(?:media|press|presse|pr|investor)[ -]?)?(?:contacts?|kontakt|inquiries|relations)\b.{0,30}$",
    re.IGNORECASE,
)
_SUREST = 3  # what the evidence for a line of bare names must come to


def find_byline(draft: Draft) -> Draft:
    """Find the line that says who wrote the story.

    Leaves a byline that an agency alone fills without authors: the agency is the credit. Leaves sentences
    that begin with "By" alone, and names that the headline speaks of.

    >>> from app.cleaning.ledger import Line
    >>> draft = Draft(raw="", lines=(Line(1, "By Nora Feld, staff writer"),), paragraphs=((1,),))
    >>> find_byline(draft).authors
    (Author(name='Nora Feld', role='staff writer'),)
    """
    introduction = list_introduction(draft)
    found: list[tuple[Paragraph, Names]] = []
    above: list[tuple[Paragraph, Names]] = []
    for paragraph, rank in introduction:
        is_kept = draft.line(paragraph[0]).role is Role.UNDECIDED
        if rank == FAR and not is_kept:
            continue
        names = read_byline(draft.text_of(paragraph))
        if names and names.is_clean:
            (found if rank != ABOVE else above).append((paragraph, names))
    for paragraph, names in found or above[-1:]:
        draft = _take_byline(draft, paragraph, names)
    if draft.byline is None or not (draft.authors or draft.agency):
        draft = _find_bare_names(draft, introduction)
    return draft if draft.byline or draft.authors or draft.agency else _find_signature(draft)


def _find_signature(draft: Draft) -> Draft:
    """Find the names that stand right below the body, where nothing above it names anybody: those of a line
    whose words say so, or of a line that holds one person's name with a known given name. A person whom the
    story speaks of is its topic and no author, and so is one below the line that names the story's source.
    """
    prose = [
        index
        for index, paragraph in enumerate(draft.paragraphs)
        if _is_kept(draft, paragraph) and weigh(draft.text_of(paragraph)) >= _PROSE
    ]
    if len(prose) < _BODY:
        return draft
    end, is_sourced = prose[-1] + 1, False
    for place, paragraph in enumerate(draft.paragraphs[end : end + _LABELLED]):
        line, text = draft.line(paragraph[0]), draft.text_of(paragraph)
        if line.reason and line.reason not in _CONTEXTUAL:
            continue
        is_sourced = is_sourced or _SOURCE_LINE.match(text) is not None
        names = read_byline(text)
        can_be_bare = place < _SIGNED and not is_sourced
        if names is None and can_be_bare and is_name(text) and has_given_name(text):
            if _is_spoken_of(draft, text):
                continue
            names = Names((Author(spell_name(text)),), None, False, True)
        if names and names.is_clean and names.authors:
            return _take_byline(draft, paragraph, names)
    return draft


def _is_spoken_of(draft: Draft, name: str) -> bool:
    """Tell whether a line that holds more than the name has its last word."""
    last = re.compile(rf"\b{re.escape(name.split()[-1])}\b")
    return any(last.search(line.text) for line in draft.lines if len(line.text) > 2 * len(name))


def _take_byline(draft: Draft, paragraph: Paragraph, names: Names, *, is_more: bool = False) -> Draft:
    text = draft.text_of(paragraph)
    draft = mark_kept(draft, paragraph, Role.BYLINE)
    if is_more:
        more = tuple(author for author in names.authors if author not in draft.authors)
        return replace(draft, authors=(*draft.authors, *more)[:MOST])
    if draft.byline is not None and (draft.authors or draft.agency):
        return draft
    return replace(draft, byline=text, authors=names.authors, agency=draft.agency or names.agency)


def _find_bare_names(draft: Draft, introduction: list[tuple[Paragraph, int]]) -> Draft:
    """Find the line between headline and body that holds names and nothing else, on the best evidence.

    What stands under the label "By", and further names on the lines below, are taken together.
    """
    texts = [draft.text_of(paragraph) for paragraph, _ in introduction]
    kept = [index for index, (paragraph, _) in enumerate(introduction) if _is_kept(draft, paragraph)]
    if not kept:
        return draft
    start = kept[0]
    best: tuple[int, int] | None = None
    read = [
        _read_bare(draft, paragraph, texts[index]) if rank in (NEXT, BELOW) and index != start else None
        for index, (paragraph, rank) in enumerate(introduction)
    ]
    spoken_of = _speak_of(draft, introduction, texts)
    for index, names in enumerate(read):
        if names is None or any(author.name.split()[-1].casefold() in spoken_of for author in names.authors):
            continue
        beside = (*read[max(0, index - 1) : index], *read[index + 1 : start][:1])
        if index < start and any(_are_people(each) and each != names for each in beside):
            continue  # one of several people above the headline: the entry of a menu
        if any(map(_SOURCE_LINE.match, texts[max(0, index - 2) : index])):
            continue
        evidence = _weigh_evidence(draft, introduction, texts, index, names)
        evidence += 0 < index - start <= _CLOSE
        if evidence >= _SUREST + (index < start) and (best is None or evidence > best[0]):
            best = (evidence, index)
    if best is None:
        return draft
    index = best[1]
    if is_byline_label(texts[index - 1]) and index - 1 != start:
        draft = mark_kept(draft, introduction[index - 1][0], Role.BYLINE)
    while index < len(read) and (names := read[index]) is not None:
        if index > best[1] and not _are_people(names):
            break
        draft = _take_byline(draft, introduction[index][0], names, is_more=index > best[1])
        index += 1
    return draft


def _are_people(names: Names | None) -> bool:
    """Tell whether a line holds nothing but people with known given names."""
    return (
        names is not None and bool(names.authors) and all(has_given_name(each.name) for each in names.authors)
    )


def _is_kept(draft: Draft, paragraph: Paragraph) -> bool:
    return draft.line(paragraph[0]).role is Role.UNDECIDED


def _speak_of(draft: Draft, introduction: list[tuple[Paragraph, int]], texts: list[str]) -> str:
    """Return the headline and the prose of the opening: people whom they name are no authors."""
    kept = [
        text
        for (paragraph, rank), text in zip(introduction, texts, strict=True)
        if _is_kept(draft, paragraph) and rank == BELOW
    ]
    prose = [text[:600] for text in kept[1:] if weigh(text) > 100]
    return "\n".join([*kept[:1], *prose[:3]]).casefold()


def _read_bare(draft: Draft, paragraph: Paragraph, text: str) -> Names | None:
    """Read a line as names, unless a rule says what else it is."""
    line = draft.line(paragraph[0])
    if line.reason and line.reason not in _CONTEXTUAL:
        return None
    return read_bare_names(text, is_timestamp=line.role is Role.TIMESTAMP)


def _weigh_evidence(
    draft: Draft, introduction: list[tuple[Paragraph, int]], texts: list[str], index: int, names: Names
) -> int:
    """Add up what speaks for a byline: a given name, a label, a date, a job title, the body below."""
    following = texts[index + 1 : index + 2]
    evidence = 3 * any(is_byline_label(text) for text in texts[max(0, index - 1) : index])
    for author in names.authors[:1]:
        evidence += 2 * (has_given_name(author.name) or (is_wide(author.name) and " " in author.name))
    evidence += any(tells_role(text) for text in following if len(text) < 60)
    evidence += any(author.role is not None for author in names.authors)
    for reach in (4, 2):
        near = introduction[max(0, index - reach) : index + reach + 1]
        evidence += any(is_dated(draft.text_of(paragraph)) for paragraph, _ in near)
    if following and _is_kept(draft, introduction[index + 1][0]) and weigh(following[0]) > 120:
        evidence += 1
    return evidence if names.authors else evidence - 1
