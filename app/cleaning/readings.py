"""What each line says by itself: the rule that names it, its form, and whether it reads like prose."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.cleaning.bylines import is_byline
from app.cleaning.captions import is_caption
from app.cleaning.counters import REASONS, read_counter
from app.cleaning.datelines import parse_opening
from app.cleaning.draft import Draft
from app.cleaning.furniture_english import ENGLISH
from app.cleaning.furniture_other import OTHER_LANGUAGES
from app.cleaning.leads import Kind, Reading
from app.cleaning.ledger import Line, Reason, Role
from app.cleaning.measures import ends_sentence, weigh
from app.cleaning.notes import is_note
from app.cleaning.rules import compile_rules
from app.cleaning.timestamps import is_timestamp

FURNITURE = compile_rules(ENGLISH, OTHER_LANGUAGES)

LONG = 80.0  # letters: a line that long is prose, whatever ends it
FULL_SCORE = 400.0  # letters beyond which a paragraph counts no more
SENTENCE = 25.0  # letters from which a line that ends like a sentence is one
PROSE = 60.0  # letters from which a line that ends like a sentence is prose
LABEL, REACH = 25.0, 24  # letters of a label; lines from prose beyond which its form is not read
LONGEST_HEADING = 45.0  # letters of the heading of a list; longer ones hold their entry themselves
_ENTRY = re.compile(r"[:：|»>】]\s*\w{2}")  # "À lire aussi : la grève se poursuit"
SENTENCE_SCORE = 0.4
LABEL_SCORE = -0.6
FURNITURE_SCORE = -1.0
CLOSING_SCORE = -6.0  # what follows is prose of other people: it must not join the article
CLOSING = frozenset({Reason.AUTHOR_BIO, Reason.COMMENTS})


def read_text(text: str) -> Reading:
    """Judge a text alone.

    >>> read_text("Related Articles").reason.value, read_text("Rain fell all night on the valley.").score
    ('related-links', 0.4)
    """
    reading = read_label(text)
    if reading.reason:
        return reading
    if is_timestamp(text):
        return reading._replace(score=LABEL_SCORE, kind=Kind.TIMESTAMP)
    if is_byline(text):
        return reading._replace(score=LABEL_SCORE, kind=Kind.BYLINE)
    if is_caption(text):
        return reading._replace(score=-0.01, kind=Kind.CAPTION)
    if is_note(text):
        return reading._replace(score=0.3, kind=Kind.NOTE)
    if parse_opening(text):
        return reading._replace(score=max(reading.score, SENTENCE_SCORE), opens_story=True)
    return reading


def read_label(text: str) -> Reading:
    """Judge a text by rules and length, whatever its form says."""
    weight = weigh(text)
    metric = read_counter(text)
    if metric:
        return Reading(text, weight, FURNITURE_SCORE, REASONS[metric.kind])
    rule = FURNITURE.match(text)
    if rule:
        score = CLOSING_SCORE if rule.opens and rule.reason in CLOSING else FURNITURE_SCORE
        opens = rule.opens and weight <= LONGEST_HEADING and not _ENTRY.search(text)
        return Reading(text, weight, score, rule.reason, opens)
    return Reading(text, weight, _score(text, weight))


def _score(text: str, weight: float) -> float:
    sentence = ends_sentence(text)
    if weight >= LONG:
        return min(weight, FULL_SCORE) / 100 * (1.0 if sentence else 0.6)
    if sentence and weight >= SENTENCE:
        return SENTENCE_SCORE
    return 0.0 if text[:1] in '"“„«「『•-*–—' or sentence else LABEL_SCORE


def find_run(scores: Sequence[float]) -> tuple[int, int]:
    """Return the contiguous part with the highest sum, the first of the longest ones.

    >>> find_run([-1, 2, -0.5, 3, -4, 1])
    (1, 4)
    """
    best = (0.0, 0, 0)
    total, start = 0.0, 0
    for index, score in enumerate(scores):
        if total <= 0:
            total, start = 0.0, index
        total += score
        if total > best[0]:
            best = (total, start, index + 1)
    return best[1], best[2]


def read_paragraphs(draft: Draft) -> list[Reading]:
    """Read every paragraph of a draft, each text once; of labels that are far from all prose only the rules.

    Menus are half of a page, and forms (byline, timestamp, caption) matter only around the article.
    """
    texts = [draft.text_of(paragraph) for paragraph in draft.paragraphs]
    weights = [weigh(text) for text in texts]
    known: dict[str, Reading] = {}
    readings = []
    is_far = _find_far_labels(texts, weights)
    gaps_above, gaps_below = _count_gaps(draft.lines), _count_gaps(draft.lines[::-1])[::-1]
    for paragraph, text, far in zip(draft.paragraphs, texts, is_far, strict=True):
        reading = known.get(text)
        if reading is None:
            reading = read_label(text) if far else read_text(text)
            known[text] = reading
        readings.append(reading.between(gaps_above[paragraph[0] - 1], gaps_below[paragraph[-1] - 1]))
    return readings


def _find_far_labels(texts: Sequence[str], weights: Sequence[float]) -> list[bool]:
    """Tell which lines are labels far from all prose; none if there is no prose."""
    prose = [
        index
        for index, (text, weight) in enumerate(zip(texts, weights, strict=True))
        if weight >= LONG or (weight >= PROSE and ends_sentence(text))
    ]
    is_far = [bool(prose) and weight < LABEL for weight in weights]
    for index in prose:
        near = range(max(0, index - REACH), min(len(texts), index + REACH + 1))
        is_far[near.start : near.stop] = [False] * len(near)
    return is_far


def _count_gaps(lines: Sequence[Line]) -> list[int]:
    """Count the empty lines above each line, two at most; beyond the page all is empty."""
    gaps, gap = [], 2
    for line in lines:
        gaps.append(gap)
        gap = min(2, gap + 1) if line.role is Role.BLANK else 0
    return gaps
