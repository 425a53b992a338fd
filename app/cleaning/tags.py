"""Tags and section: what the outlet files the article under."""

from __future__ import annotations

import re
from dataclasses import replace

from app.cleaning.draft import Draft
from app.cleaning.ledger import Reason, Role
from app.cleaning.measures import ends_sentence, weigh

_LABEL = re.compile(r"[^:：|]{2,20}[:：|] ?(?=\S)")
_HEADING = re.compile(r"[^:：|]{2,24}[:：|]?$")
_SEPARATOR = re.compile(r" ?[,;|#、，／/•·]+ ?")
_MOST, _LONGEST = 30, 40
_SHORTEST_LIST = 2  # tags on lines of their own that make a list: one line alone may be anything
_HOME = (
    r"(?:home(?:page)?|start(?:seite)?|accueil|inicio|início|ana sayfa|главная|ホーム|トップ|首页|首頁|홈)"
)
_TRAIL = re.compile(
    rf"{_HOME}(?: ?[>»›/|→＞] ?)(?P<section>[^>»›/|→＞]{{2,40}})(?:[>»›/|→＞].{{0,200}})?$", re.IGNORECASE
)
_ABOVE = 40  # paragraphs above the article in which the trail of its section stands


def read_tags(draft: Draft) -> Draft:
    """Keep the tags of the lines that were removed as such, and those that the markup states.

    Tags on lines of their own below a heading ("Tags:") count as far as the labeller removed them as tags.

    >>> from app.cleaning.ledger import Line
    >>> line = Line(1, "Tags: harbour, ferry", Role.REMOVED, Reason.TAGS)
    >>> read_tags(Draft(raw="", lines=(line,))).tags
    ('harbour', 'ferry')
    """
    tags: dict[str, None] = {}
    waiting: list[str] = []  # lines below a heading
    is_below = False
    for line in draft.lines:
        if line.role is Role.BLANK:
            continue
        if line.role is not Role.REMOVED or line.reason is not Reason.TAGS:
            is_below = False
            continue
        label = _LABEL.match(line.text)
        if label:
            tags.update(dict.fromkeys(_split(line.text[label.end() :])))
        elif is_below and weigh(line.text) <= _LONGEST and not ends_sentence(line.text):
            waiting.extend(_split(line.text))
        is_below = is_below or _HEADING.match(line.text) is not None
    if len(waiting) >= _SHORTEST_LIST:
        tags.update(dict.fromkeys(waiting))
    tags.update(dict.fromkeys(draft.metadata.tags))
    return replace(draft, tags=tuple(tags)[:_MOST])


def _split(text: str) -> list[str]:
    pieces = (piece.strip() for piece in _SEPARATOR.split(text)[:_MOST])
    return [piece for piece in pieces if 1 < len(piece) <= _LONGEST]


def find_section(draft: Draft) -> Draft:
    """Name the section that the markup states, or the first one of the trail above the article.

    Leaves menus alone: a trail begins at home and stands on one line.

    >>> from app.cleaning.ledger import Line
    >>> draft = Draft(raw="", lines=(Line(1, "Home > Politics > Elections"),), paragraphs=((1,),))
    >>> find_section(draft).section
    'Politics'
    """
    if draft.metadata.section:
        return replace(draft, section=draft.metadata.section)
    kept = draft.undecided()
    end = draft.paragraphs.index(kept[0]) if kept else len(draft.paragraphs)
    for paragraph in draft.paragraphs[max(0, end - _ABOVE) : end + 1]:
        trail = _TRAIL.match(draft.text_of(paragraph))
        if trail:
            return replace(draft, section=trail["section"].strip())
    return draft
