"""The raw text of an article, line by line, with what became of each line and what was changed inside it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.cleaning import EditReason
from app.tables import RawText
from app.web.words import FAMILY_OF

# More would make a page of megabytes; the JSON has all.
MAX_LINES_SHOWN = 1000
# Changes that an eye can see. Of the others (spaces, invisible characters, composed accents) only the reason
# is told: all of a line would seem to be replaced.
VISIBLE_EDITS = frozenset(
    {
        EditReason.CREDIT_CUT,
        EditReason.DATELINE_CUT,
        EditReason.ENTITIES_DECODED,
        EditReason.MOJIBAKE_REPAIRED,
        EditReason.SITE_NAME_CUT,
        EditReason.SURROGATES_REPLACED,
    }
)

Pieces = list[tuple[str, str]]
"""A text in pieces: kept (""), cut ("del"), or put in its place ("ins")."""


@dataclass(frozen=True, slots=True)
class RawLine:
    """A raw line, what it was taken for, why it was removed, and what was changed in it and why."""

    number: int
    role: str
    family: str
    reason: str | None
    pieces: Pieces
    edits: list[str]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The raw lines that are shown, and how many there are."""

    lines: list[RawLine]
    total: int
    removed: int


def read_ledger(raw: RawText) -> Ledger:
    """Read what became of the lines of a raw text."""
    ledger = json.loads(raw.ledger)  # orjson refuses the lone surrogates that a raw text may hold
    edits: dict[int, list[dict[str, Any]]] = {}
    for edit in ledger["edits"]:
        edits.setdefault(edit["line"], []).append(edit)
    lines = [_describe_line(line, edits.get(line["line"], [])) for line in ledger["lines"][:MAX_LINES_SHOWN]]
    removed = sum(line["role"] == "removed" for line in ledger["lines"])
    return Ledger(lines, len(ledger["lines"]), removed)


def _describe_line(line: dict[str, Any], edits: Sequence[dict[str, Any]]) -> RawLine:
    pieces: Pieces = [("", edits[0]["before"] if edits else line["text"])]
    for edit in edits:
        pieces = mark_change(
            pieces, edit["before"], edit["after"], is_visible=edit["reason"] in VISIBLE_EDITS
        )
    reasons = list(dict.fromkeys(edit["reason"] for edit in edits))
    return RawLine(line["line"], line["role"], FAMILY_OF[line["role"]], line["reason"], pieces, reasons)


def mark_change(pieces: Pieces, before: str, after: str, *, is_visible: bool) -> Pieces:
    """Mark a change in a text that earlier changes have cut into pieces; `before` is what they have kept.

    >>> mark_change([("", "INDORE - It rained.")], "INDORE - It rained.", "It rained.", is_visible=True)
    [('del', 'INDORE - '), ('', 'It rained.')]
    """
    # What was cut off the beginning may begin as the rest does.
    start = 0 if before.endswith(after) else _count_common(before, after)
    end = len(before) - _count_common(before[start:][::-1], after[start:][::-1])
    put = after[start : len(after) - (len(before) - end)]
    marked: Pieces = []
    at, is_put = 0, False
    for kind, text in pieces:
        if kind == "del":
            marked.append((kind, text))
            continue
        first, last = (min(max(bound - at, 0), len(text)) for bound in (start, end))
        marked += [(kind, text[:first]), ("del", text[first:last] if is_visible and not kind else "")]
        at += len(text)
        if not is_put and at >= end:
            marked.append(("ins" if is_visible else "", put))
            is_put = True
        marked.append((kind, text[last:]))
    return [piece for piece in marked if piece[1]]


def _count_common(one: str, other: str) -> int:
    """Count the characters that both begin with, by halves: a line can have millions."""
    same, most = 0, min(len(one), len(other))
    while same < most:
        middle = (same + most + 1) // 2
        if one[same:middle] == other[same:middle]:
            same = middle
        else:
            most = middle - 1
    return same
