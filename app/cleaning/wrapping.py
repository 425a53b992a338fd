"""Lines that were wrapped by hand, as wire copy is, belong to one paragraph."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from app.cleaning.draft import Draft, Paragraph
from app.cleaning.ledger import Role
from app.cleaning.lines import split_text

_SHORTEST, _LONGEST = 40, 100  # letters a wrapped line can have: wires set 55 to 80, mail 72 to 78
_INDENT = re.compile(r"[ \t\u3000]{1,8}\S")


def find_paragraphs(draft: Draft) -> Draft:
    r"""Mark empty lines as blank and group the others into paragraphs.

    A group of neighbouring lines is one paragraph only if each line but the last is full: the next line's first
    word would not have fitted. Leaves lists, addresses and menus as single lines, as theirs would have.

    >>> from app.cleaning.lines import split_lines
    >>> text = "The council said on Monday that it would repair\nthe old bridge over the river before winter comes,\nif money allows."
    >>> find_paragraphs(split_lines(Draft(raw="", text=text))).paragraphs
    ((1, 2, 3),)
    """
    lines = tuple(line if line.text else replace(line, role=Role.BLANK) for line in draft.lines)
    raw_lines = split_text(draft.text)
    paragraphs: list[Paragraph] = []
    run: list[int] = []
    for line in lines:
        starts_paragraph = not line.text or (run and _INDENT.match(raw_lines[line.number - 1]))
        if run and starts_paragraph:
            paragraphs.extend(_split_run(run, draft))
            run = []
        if line.text:
            run.append(line.number)
    paragraphs.extend(_split_run(run, draft))
    return replace(draft, lines=lines, paragraphs=tuple(paragraphs))


def _split_run(run: list[int], draft: Draft) -> list[Paragraph]:
    if len(run) > 1 and _is_wrapped([draft.line(number).text for number in run]):
        return [tuple(run)]
    return [(number,) for number in run]


def _is_wrapped(texts: list[str]) -> bool:
    width = max(map(len, texts))
    if width > _LONGEST or any(len(text) < _SHORTEST for text in texts[:-1]):
        return False
    return all(len(this) + 1 + len(following.split(" ", 1)[0]) > width for this, following in pairwise(texts))
