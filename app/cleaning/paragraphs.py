"""What is left is the body: paragraphs, quotes, lists and subheads."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby

from app.cleaning.article import Block
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.ledger import Role
from app.cleaning.measures import WIDE, drop_typography, ends_sentence, weigh

BODY = frozenset({Role.LIST, Role.PARAGRAPH, Role.QUOTE, Role.SUBHEAD})
_BULLET = re.compile(r"(?:[•‣▪●◦*·–—-]|\d{1,2}[.)]) ?\S")
_SUBHEAD = 80.0
_LEAST_ROWS = 3  # subheads in a row
_QUOTE_ENDS = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "『": "』"}
_WORD = re.compile(r"[^\W_](?:[\w'’-]*[^\W_])?")
# The same for Latin-1 in a tenth of the time: what may stand inside a word goes, all else that is no letter
# or digit parts words.
_BETWEEN_WORDS = bytes(code if chr(code).isalnum() else ord(" ") for code in range(256))
_INSIDE_WORDS = b"'-_"


def join_paragraphs(draft: Draft) -> Draft:
    """Give every line that is left its place in the body, and join the body.

    Leaves lines that have a role alone; notes, captions and what stands above the body are not a part of it.
    """
    left = draft.undecided()
    named = _name_rows([(each, _name_role(draft, each, each is left[-1])) for each in left])
    draft = draft.with_roles({number: role for each, role in named for number in each})
    blocks = tuple(
        Block(draft.line(each[0]).role, draft.text_of(each), each[0])
        for each in draft.paragraphs
        if draft.line(each[0]).role is not Role.REMOVED
    )
    body = "\n\n".join(block.text for block in blocks if block.role in BODY)
    return replace(draft, blocks=blocks, body=body, word_count=count_words(body))


def _name_rows(named: list[tuple[Paragraph, Role]]) -> list[tuple[Paragraph, Role]]:
    """Call subheads that follow one another what they are: the rows of a table or a list."""
    rows: list[tuple[Paragraph, Role]] = []
    for role, group in groupby(named, key=lambda each: each[1]):
        run = [each for each, _ in group]
        is_list = role is Role.SUBHEAD and len(run) >= _LEAST_ROWS
        rows += [(each, Role.LIST if is_list else role) for each in run]
    return rows


def _name_role(draft: Draft, paragraph: Paragraph, is_last: bool) -> Role:
    text = draft.text_of(paragraph)
    if _BULLET.match(text):
        return Role.LIST
    closing = _QUOTE_ENDS.get(text[0])
    if closing and text[-1] == closing and closing not in text[1:-1]:
        return Role.QUOTE
    if weigh(text) < _SUBHEAD and not ends_sentence(text) and not is_last and len(paragraph) == 1:
        return Role.SUBHEAD
    return Role.PARAGRAPH


def count_words(text: str) -> int:
    """Count words; every Chinese or Japanese character counts as half a word, as typesetters reckon.

    >>> count_words("Rain fell on 3 May."), count_words("大雨警報")
    (5, 2)
    """
    plain = text if text.isascii() else drop_typography(text.replace("’", "'"))
    try:
        return len(plain.encode("latin-1").translate(_BETWEEN_WORDS, _INSIDE_WORDS).split())
    except UnicodeEncodeError:
        pass
    wide = len(WIDE.findall(text))
    spaced = WIDE.sub(" ", text) if wide else text
    return len(_WORD.findall(spaced)) + (wide + 1) // 2
