"""What stands above an article: which line is its headline.

The headline is chosen by the labeller, which must know where the article begins, from texts alone.
"""

from __future__ import annotations

import re
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from app.cleaning.ledger import Reason
from app.cleaning.measures import WIDE, ends_sentence, is_wide, split_words

SHORTEST_HEADLINE, LONGEST_HEADLINE = 12.0, 220.0
LONGEST_KICKER = 28.0
FULL_LENGTH = 60.0  # letters from which a headline gets no likelier
LOOKED_AT = 14  # lines above the article in which the headline is looked for
DISTANCE = 0.06  # what each line between headline and article costs
SENTENCE = 0.5  # what a full stop at the end costs: standfirsts have one
SHARED = 1.0  # what it is worth that all words of a line come up in the article
TITLE = 0.5  # what it is worth that the page prints a line twice, as title and as headline
_BRACKETS = frozenset(")）]】")
_OPENING = 1500  # letters of the article that are compared
_LONG_WORD = 4  # letters


class Kind(IntEnum):
    """What a text is by its form alone."""

    PLAIN = 0
    BYLINE = 1
    TIMESTAMP = 2
    CAPTION = 3
    NOTE = 4


INTRODUCING = frozenset({Kind.BYLINE, Kind.TIMESTAMP, Kind.CAPTION})


class Reading(NamedTuple):
    """What the text of one paragraph says, whatever stands around it."""

    text: str
    weight: float
    score: float
    reason: Reason | None = None
    opens: bool = False
    kind: Kind = Kind.PLAIN
    opens_story: bool = False  # with a dateline
    gap_above: int = 0  # empty lines, two at most
    gap_below: int = 0

    def between(self, above: int, below: int) -> Reading:
        """Return the same with the gaps of a place where it stands: `_replace` takes twice as long."""
        return Reading(
            *(self.text, self.weight, self.score, self.reason, self.opens, self.kind, self.opens_story),
            above,
            below,
        )

    @property
    def introduces(self) -> bool:
        """Tell whether such a line stands above or inside articles without being their body."""
        return self.kind in INTRODUCING

    @property
    def is_alone(self) -> bool:
        """Tell whether the line stands between empty lines."""
        return bool(self.gap_above and self.gap_below)


_KICKER = re.compile(
    r"(?:exclusive|opinion|analysis|breaking(?: news)?|editorial|interview|explainer|comment|feature|"
    r"column|letter|review|profile|"
    r"kommentar|analyse|meinung|leitartikel|reportage|exklusiv|opinión|análisis|análise|opinião|"
    r"analisi|社説|解説|速報|独自|コラム|评论|独家|快讯)$",
    re.IGNORECASE,
)


def choose_headline(readings: list[Reading], start: int) -> int:
    """Return the position of the headline; start itself if no line above the article is one.

    A headline that is long enough to count as prose stands at the start.
    """
    opening = _words(_opening(readings, start))
    best, best_score = start, 0.0
    distance = 0
    for index in range(min(start, len(readings) - 1), -1, -1):
        each = readings[index]
        if each.reason or each.opens_story or (each.introduces and index < start):
            continue
        if each.weight >= FULL_LENGTH and each.text[-1] in _BRACKETS:
            continue  # a caption that ends in its credit
        distance += index < start
        if distance > LOOKED_AT:
            break
        score = _score_headline(each, opening, distance)
        if index < start and _is_title(each.text, readings[:index]):
            score += TITLE
        if index == start and (ends_sentence(each.text) or each.introduces or each.text[-1] in _BRACKETS):
            continue
        if score > best_score:
            best, best_score = index, score
    return best


def _score_headline(reading: Reading, opening: set[str], distance: int) -> float:
    if not SHORTEST_HEADLINE <= reading.weight <= LONGEST_HEADLINE:
        return 0.0
    words = _words(reading.text)
    shared = len(words & opening) / len(words) if words else 0.0
    stops = SENTENCE if reading.text[-1] in ".。" else 0.0
    return min(reading.weight, FULL_LENGTH) / FULL_LENGTH + SHARED * shared - DISTANCE * distance - stops


def _is_title(text: str, above: list[Reading]) -> bool:
    return (
        any(each.text != text and each.text.startswith(text) for each in above[:5])
        or sum(each.text == text for each in above) > 0
    )


def _opening(readings: list[Reading], start: int) -> str:
    parts: list[str] = []
    length = 0
    for each in readings[
        start + 1 if start < len(readings) and not ends_sentence(readings[start].text) else start :
    ]:
        parts.append(each.text[:_OPENING])
        length += len(each.text)
        if length > _OPENING:
            break
    return " ".join(parts)[:_OPENING]


def _words(text: str) -> set[str]:
    if is_wide(text):
        letters = WIDE.findall(text)
        return {a + b for a, b in pairwise(letters)}
    return {word for word in split_words(text.lower()) if len(word) >= _LONG_WORD}


def is_kicker(readings: list[Reading], headline: int) -> bool:
    """Tell whether the line above the headline is its label.

    That is certain of words such as "Opinion"; of others only if the label stands alone and is not the last
    of several such lines, as the name of a section in a menu would be.
    """
    if headline == 0:
        return False
    label = readings[headline - 1]
    if (
        label.reason
        or label.introduces
        or not 2 < label.weight <= LONGEST_KICKER
        or not label.text[0].isalpha()
    ):
        return False
    if _KICKER.match(label.text):
        return True
    above = readings[headline - 2] if headline > 1 else None
    return label.is_alone and (above is None or bool(above.reason) or not above.is_alone)
