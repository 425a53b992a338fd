"""Tags that a page prints in one line, after a label."""

from __future__ import annotations

import re
from dataclasses import replace

from app.cleaning.draft import Draft
from app.cleaning.ledger import Reason, Role

_LABEL = re.compile(r"[^:：|]{2,20}[:：|] ?(?=\S)")
_SEPARATOR = re.compile(r" ?[,;|#、，／/•·]+ ?")
_MOST, _LONGEST = 30, 40


def read_tags(draft: Draft) -> Draft:
    """Keep the tags of the lines that were removed as such.

    Leaves tags that stand on lines of their own alone: where such a list ends is not certain.

    >>> from app.cleaning.ledger import Line
    >>> line = Line(1, "Tags: harbour, ferry", Role.REMOVED, Reason.TAGS)
    >>> read_tags(Draft(raw="", lines=(line,))).tags
    ('harbour', 'ferry')
    """
    tags: dict[str, None] = {}
    for line in draft.lines:
        label = _LABEL.match(line.text) if line.reason is Reason.TAGS and line.role is Role.REMOVED else None
        if label:
            pieces = _SEPARATOR.split(line.text[label.end() :])[:_MOST]
            tags.update(
                dict.fromkeys(piece.strip() for piece in pieces if 1 < len(piece.strip()) <= _LONGEST)
            )
    return replace(draft, tags=tuple(tags)[:_MOST])
