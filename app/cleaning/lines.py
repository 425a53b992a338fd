"""Splitting the raw text into numbered lines, and laying the kept lines out again."""

from __future__ import annotations

import re
from dataclasses import replace

from app.cleaning.article import Cleaned
from app.cleaning.draft import Draft
from app.cleaning.ledger import FIELD_CUTS, Line, Reason, Role

# Both bound what a text can cost: the most expensive lines that were found take 0.3 ms each, and 2 MiB of
# ordinary ones 0.9 s. The longest of 2,786 real pages had 1,979 lines.
MOST_LINES = 5_000  # not empty ones
MOST_ROWS = 50_000  # empty or not; all that follows counts as one line more

_LINE_END = re.compile(r"\r\n|\n|\r")


def split_text(text: str) -> list[str]:
    r"""Split at line ends only, so that the numbers are those that an editor shows; after MOST_ROWS no more.

    >>> split_text("one\r\ntwo\n\nfour\n")
    ['one', 'two', '', 'four']
    """
    lines = _LINE_END.split(text, maxsplit=MOST_ROWS)
    if lines[-1] == "":
        lines.pop()
    return lines


def split_lines(draft: Draft) -> Draft:
    r"""Number the lines of the text.

    Leaves the characters alone: a form feed or a line separator of Unicode does not end a line. Of a text
    with more lines than any article has, the first ones are read and the others removed.

    >>> [line.number for line in split_lines(Draft(raw="", text="one\n\nthree")).lines]
    [1, 2, 3]
    """
    left = MOST_LINES
    lines: list[Line] = []
    for number, text in enumerate(split_text(draft.text), start=1):
        if not text:
            lines.append(Line(number, text, Role.BLANK))
        elif left and number <= MOST_ROWS:
            left -= 1
            lines.append(Line(number, text))
        else:
            lines.append(Line(number, text, Role.REMOVED, Reason.BEYOND_LIMIT))
    return replace(draft, lines=tuple(lines))


def lay_out(cleaned: Cleaned) -> str:
    """Print the kept lines in their order, as a page that clean() reads as the same article.

    What was cut off a line into a field (dateline, credit, site name) is back in its place. Paragraphs are
    parted by blank lines; the lines of a paragraph that was wrapped by hand stay together.
    """
    printed = {edit.line: edit.before for edit in reversed(cleaned.edits) if edit.reason in FIELD_CUTS}
    starts = {block.line for block in cleaned.blocks}
    out: list[str] = []
    for line in cleaned.lines:
        if line.role in (Role.BLANK, Role.REMOVED):
            continue
        if out and line.number in starts:
            out.append("")
        out.append(printed.get(line.number, line.text))
    return "\n".join(out)
