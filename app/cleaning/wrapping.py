"""Lines that were wrapped by hand, as wire copy is, belong to one paragraph."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from app.cleaning.credits import parse_caption
from app.cleaning.datelines import parse_opening
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.ledger import Role
from app.cleaning.lines import split_text
from app.cleaning.measures import ends_sentence, is_wide

_SHORTEST, _LONGEST = 40, 100  # letters a wrapped line can have: wires set 55 to 80, mail 72 to 78
_SHORTEST_WIDE, _HANGING = 16, 2  # the same of Chinese and Japanese; letters by which full lines differ
_MOST = 60  # lines of one paragraph: more are a table
_SLUGS = 3  # lines, such as a slug and a headline, that can stand right above a dateline
_INDENT = re.compile(r"[ \t\u3000]{1,8}\S")


def find_paragraphs(draft: Draft) -> Draft:
    r"""Group the lines into paragraphs.

    A group of neighbouring lines is one paragraph only if each line but the last is full: the next line's
    first word would not have fitted. Leaves lists, addresses and menus as single lines, as theirs would have.

    >>> from app.cleaning.lines import split_lines
    >>> text = (
    ...     "The council said on Monday that it would repair\n"
    ...     "the old bridge over the river before winter comes,\nif money allows."
    ... )
    >>> find_paragraphs(split_lines(Draft(raw="", text=text))).paragraphs
    ((1, 2, 3),)
    """
    raw_lines = split_text(draft.text)
    paragraphs: list[Paragraph] = []
    run: list[int] = []
    for line in draft.lines:
        is_text = line.role is Role.UNDECIDED
        if run and (not is_text or _INDENT.match(raw_lines[line.number - 1])):
            paragraphs.extend(_split_run(run, draft))
            run = []
        if is_text:
            run.append(line.number)
    paragraphs.extend(_split_run(run, draft))
    return replace(draft, paragraphs=tuple(paragraphs))


def _split_run(run: list[int], draft: Draft) -> list[Paragraph]:
    texts = [draft.line(number).text for number in run]
    for start in range(min(_SLUGS + 1, len(run))) if len(run) <= _MOST else ():
        if start and not parse_opening(texts[start]):
            continue
        if _is_one_paragraph(texts[start:]):
            return [*((number,) for number in run[:start]), tuple(run[start:])]
    return [(number,) for number in run]


def _is_one_paragraph(texts: list[str]) -> bool:
    return len(texts) > 1 and _is_wrapped(texts) and not any(map(_is_credited, texts[:-1]))


def _is_credited(text: str) -> bool:
    """Tell whether a line ends in the credit of a picture: no sentence goes on behind it."""
    parsed = parse_caption(text)
    return parsed is not None and not parsed.is_bare_agency


def _is_wrapped(texts: list[str]) -> bool:
    if is_wide(texts[0]):
        return _is_wide_wrapped(texts)
    width = max(map(len, texts))
    if width > _LONGEST or any(len(text) < _SHORTEST for text in texts[:-1]):
        return False
    return all(len(this) + 1 + len(following.split(" ", 1)[0]) > width for this, following in pairwise(texts))


def _is_wide_wrapped(texts: list[str]) -> bool:
    """Tell whether lines without spaces between words are full: equally long but for marks that may not begin
    a line. Two such lines are no evidence; where most end like a sentence, each is one.
    """
    lengths = [len(text) for text in texts]
    width = max(lengths)
    if len(texts) < 3 or not _SHORTEST_WIDE <= width <= _LONGEST or lengths[-1] > width:
        return False
    return min(lengths[:-1]) >= width - _HANGING and 3 * sum(map(ends_sentence, texts[:-1])) <= len(texts)
