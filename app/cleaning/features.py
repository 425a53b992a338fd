"""What the labeller's model looks at: numbers that describe a line, its neighbourhood and its page.

Number and order of the features belong to the model file: changing them needs a new training run
(benchmarks/train.py). Lengths are in Latin letters (`weigh`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from math import log1p

from app.cleaning.leads import Reading
from app.cleaning.ledger import Reason
from app.cleaning.measures import count_wide, ends_sentence, has_digit, list_words, split_letters
from app.cleaning.stopwords import STOP_WORDS, WIDE_PARTICLES

PROSE = 60.0  # letters from which a line that ends like a sentence, or is twice as long, is prose
NEAR = 8  # lines: a short label farther from all prose is no article (docs/model.md says what that costs)
_LABEL = 25.0  # letters of a label
_FULL = 400.0  # letters beyond which a line counts no more
_READ = 240  # characters of a line that are looked at
_SENTENCE = 40  # characters below which a line holds no two sentences
_LONG_WORD = 5  # letters
_SHORT = 120  # characters of a line that can be the date of a comment
_FAR = 60  # lines: farther is as far
_NOTHING = -9.0  # stands for a line beyond the page

_DIGIT = re.compile(r"\d")
_QUOTES = re.compile('["“”„«»「]')
_INNER_STOP = re.compile(r"[.!?…][\"”’»)]? (?=[^\Wa-z_\d])")
_WIDE_STOPS = "。！？"
_CONTACT = re.compile(r"https?:|www\.|@|\.com\b|#\w")
_SEPARATORS = re.compile(r"[|•·›»/>]| [–—-] ")
_PERHAPS_SEPARATOR = re.compile("[|•·›»/>–—-]")  # found in a quarter of the time, and mostly not there
_AGO = re.compile(
    r"\b(?:\d+ ?(?:[smhdw]|secs?|mins?|hrs?|minutes?|hours?|days?|weeks?|months?|years?) ago|vor \d+"
    r"|il y a \d+|hace \d+|há \d+|\d+ (?:ore|giorni) fa|\d+ min\b)|\d+(?:分|時間|小时|小時|天|日)前"
    r"|\b\d{1,2}:\d\d\b",
    re.IGNORECASE,
)
_ORDER = (  # as numbered when the model was trained
    Reason.AD_BLOCKER_NOTICE,
    Reason.ADVERTISEMENT,
    Reason.AUTHOR_BIO,
    Reason.BEYOND_LIMIT,
    Reason.COMMENTS,
    Reason.COOKIE_NOTICE,
    Reason.COPYRIGHT,
    Reason.NAVIGATION,
    Reason.NEWSLETTER,
    Reason.OUTSIDE_ARTICLE,
    Reason.PLAYER,
    Reason.READ_COUNTER,
    Reason.RELATED_LINKS,
    Reason.REPEATED,
    Reason.SHARE_LINKS,
    Reason.SUBSCRIPTION,
    Reason.TAGS,
    Reason.TRACKING,
)
_CLOSERS = frozenset(
    {Reason.COMMENTS, Reason.AUTHOR_BIO, Reason.RELATED_LINKS, Reason.TAGS, Reason.COPYRIGHT}
)
_REASON_CODES = {reason: code for code, reason in enumerate(_ORDER, start=1)}

_FIRST_CLASSES = {
    **dict.fromkeys("“\"„«‘'「『", 1.0),
    **dict.fromkeys("•‣▪●◦*·–—-", 2.0),
    **dict.fromkeys("0123456789", 3.0),
}
_LAST_CLASSES = {
    **dict.fromkeys(":：", 1.0),
    **dict.fromkeys(",;-–—", 2.0),
    **dict.fromkeys(".。", 3.0),
    **dict.fromkeys("?!？！", 4.0),
    "…": 5.0,
    **dict.fromkeys('"”“’»」)）]', 6.0),
    **dict.fromkeys("0123456789", 7.0),
}
_LOWER_CASE, _OPEN_END = 4.0, 2.0  # classes of a first and of a last character

Row = list[float]

# Places in the row that describe_line returns, with the weight of the line's words behind it.
_WEIGHT, _COUNT, _ENDS, _STOPS, _FIRST, _LAST, _DATED, _WORDS = 0, 1, 2, 9, 11, 12, 21, 22
_UNREAD: Row = [10.0, 1.0, *(0.0 for _ in range(20)), -2.0]  # stands for a label that is not read


def describe_line(text: str, weight: float) -> Row:
    """Describe a text alone, whatever stands around it."""
    head = text[:_READ]
    length = len(head)
    words = split_letters(head)
    count = len(words) or 1
    lowered = list_words(head)
    stops = len([word for word in lowered if word in STOP_WORDS])
    wide = count_wide(head)
    if wide * 3 > length:
        stops = len([letter for letter in head if letter in WIDE_PARTICLES])
        count = max(1, wide // 2)
    digits = len(_DIGIT.findall(head)) if has_digit(head) else 0
    is_short = length < _SHORT
    return [
        weight,
        float(count),
        float(ends_sentence(text)),
        float(_count_stops(head)) if length > _SENTENCE else 0.0,
        100.0 * (head.count(",") + head.count("、") + head.count("，")) / length,
        digits / length,
        len([word for word in words if word[0].isupper()]) / count,
        float(head.isupper()),
        stops / count,
        float(stops),
        length / count,
        _class_of_first(head[0]),
        _LAST_CLASSES.get(text[-1], 0.0),
        float(len(_SEPARATORS.findall(head))) if _PERHAPS_SEPARATOR.search(head) else 0.0,
        float(bool(_CONTACT.search(head))),
        float(bool(_QUOTES.search(head))),
        float("?" in head),
        float("(" in head or "（" in head),
        wide / length,
        float(bool(lowered) and lowered[0] in STOP_WORDS),
        float(bool(lowered) and lowered[-1] in STOP_WORDS and is_short),
        float(is_short and digits > 0 and bool(_AGO.search(head))),
    ]


def _count_stops(head: str) -> int:
    """Count the ends of sentences inside a line."""
    stops = len(_INNER_STOP.findall(head))
    return stops if head.isascii() else stops + sum(map(head.count, _WIDE_STOPS))


def _class_of_first(first: str) -> float:
    known = _FIRST_CLASSES.get(first)
    if known is not None:
        return known
    return _LOWER_CASE if first.islower() else 5.0 if first.isalpha() else 0.0


def is_prose(reading: Reading) -> bool:
    """Tell whether a line reads like a paragraph of somebody's text."""
    if reading.reason or reading.kind or reading.weight < PROSE:
        return False
    return reading.weight >= 2 * PROSE or ends_sentence(reading.text)


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page, with the sums that windows and halves of it are read from."""

    readings: Sequence[Reading]
    run: tuple[int, int]
    own: list[Row]
    runs_on: list[float]  # the line continues a sentence of the line above
    above: list[int]  # lines up to the next prose
    below: list[int]
    sums: tuple[list[float], ...]


def measure_page(
    readings: Sequence[Reading], run: tuple[int, int], weigh_words: Callable[[str], float]
) -> tuple[Page, list[bool]]:
    """Measure a page, and tell which of its lines are near to prose."""
    prose = [min(each.weight, _FULL) if is_prose(each) else 0.0 for each in readings]
    above, below = _distances(prose), _distances(prose[::-1])[::-1]
    is_near = [
        each.weight >= _LABEL or min(up, down) <= NEAR or each.text[0].islower()
        for each, up, down in zip(readings, above, below, strict=True)
    ]
    own = [
        [*describe_line(each.text, each.weight), weigh_words(each.text)] if near else _UNREAD
        for each, near in zip(readings, is_near, strict=True)
    ]
    runs_on = [
        float(this[_FIRST] == _LOWER_CASE or last[_LAST] == _OPEN_END)
        for last, this in pairwise([_UNREAD, *own])
    ]
    columns = (
        prose,
        [min(each.weight, _FULL) for each in readings],
        [float(each.reason is not None) for each in readings],
        [float(each.reason in _CLOSERS) for each in readings],
        [row[_STOPS] for row in own],
        [row[_COUNT] for row in own],
        [row[_ENDS] for row in own],
        runs_on,
        [row[_DATED] for row in own],
        [row[_WORDS] for row in own],
    )
    sums = tuple([0.0, *accumulate(column)] for column in columns)
    return Page(readings, run, own, runs_on, above, below, sums), is_near


def describe_page(
    readings: Sequence[Reading], run: tuple[int, int], weigh_words: Callable[[str], float]
) -> list[Row | None]:
    """Describe every line of a page that can be its body; None stands for a label that is far from all prose,
    and for a line that a rule names.

    run is the part that the rules take for the article; weigh_words says how much the words of a line sound
    like an article.
    """
    page, is_near = measure_page(readings, run, weigh_words)
    blocks = _describe_blocks(page)
    known = _words_of_run(readings, run)
    copies = Counter(each.text for each in readings)
    whole = _describe_whole(page)
    rows: list[Row | None] = []
    for index, near in enumerate(is_near):
        reading = readings[index]
        if not near or reading.reason:
            rows.append(None)
            continue
        row = page.own[index] + _say_what_rules_say(reading) + _describe_place(page, index)
        row.append(float(copies[reading.text]))
        row.append(_share_known(reading.text, known, in_run=run[0] <= index < run[1]))
        row += _describe_windows(page, index)
        row += blocks[index]
        row += whole
        row += _look_beside(page, index)
        rows.append(row)
    return rows


def _say_what_rules_say(reading: Reading) -> Row:
    return [
        float(_REASON_CODES[reading.reason]) if reading.reason else 0.0,
        float(reading.opens),
        float(reading.kind),
        float(reading.opens_story),
        reading.score,
        float(reading.gap_above),
        float(reading.gap_below),
    ]


def _describe_place(page: Page, index: int) -> Row:
    """Describe where a line stands: on the page, in its prose, from the run, from what closes articles."""
    count = len(page.readings)
    start, end = page.run
    prose, closers, dated = page.sums[0], page.sums[3], page.sums[8]
    total = prose[-1] or 1.0
    return [
        float(index),
        float(count - index),
        index / count,
        prose[index] / total,
        (prose[-1] - prose[index + 1]) / total,
        float(page.above[index]),
        float(page.below[index]),
        float(max(-_FAR, min(_FAR, index - start))),
        float(max(-_FAR, min(_FAR, end - 1 - index))),
        closers[index] - closers[min(start, index)],
        closers[-1] - closers[index + 1],
        dated[index],
        dated[-1] - dated[index + 1],
        page.runs_on[index],
    ]


def _describe_windows(page: Page, index: int) -> Row:
    """Describe the lines around, by sums that do not depend on where paragraphs were broken."""
    prose, letters, ruled, _, stops, words, ends, running, dated, sounds = page.sums
    count = len(page.readings)
    row: Row = []
    for reach in (3, 10):
        low, high = max(0, index - reach), min(count, index + 1 + reach)
        size = high - low
        spoken = words[high] - words[low]
        row += [
            prose[index] - prose[low],
            prose[high] - prose[index + 1],
            (letters[high] - letters[low]) / size,
            ruled[high] - ruled[low],
            (stops[high] - stops[low]) / spoken,
            spoken / size,
            (running[high] - running[low]) / size,
            (ends[high] - ends[low]) / size,
            (dated[high] - dated[low]) / size,
            (sounds[high] - sounds[low]) / size,
        ]
    return row


def _describe_whole(page: Page) -> Row:
    count = len(page.readings)
    prose, letters, _, closers, stops, words, *_ = page.sums
    alone = sum(each.is_alone for each in page.readings) / count
    return [
        log1p(count),
        log1p(prose[-1]),
        prose[-1] / (letters[-1] or 1.0),
        alone,
        float(page.run[1] - page.run[0]),
        closers[-1],
        stops[-1] / words[-1],
    ]


def _look_beside(page: Page, index: int) -> Row:
    """Describe the two lines above and below."""
    row: Row = []
    for at in (index - 2, index - 1, index + 1, index + 2):
        if 0 <= at < len(page.own):
            other, reading = page.own[at], page.readings[at]
            code = _REASON_CODES[reading.reason] if reading.reason else -reading.kind
            row += [other[_WEIGHT], other[_ENDS], other[_WORDS], float(code)]
        else:
            row += [_NOTHING] * 4
    return row


def _distances(prose: Sequence[float]) -> list[int]:
    """Return how many lines above each line the next prose stands."""
    distances, distance = [], _FAR
    for value in prose:
        distance = min(_FAR, distance + 1)
        distances.append(distance)
        if value:
            distance = 0
    return distances


def _describe_blocks(page: Page) -> list[Row]:
    """Describe the block of lines, parted from others by blank lines, in which each line stands."""
    rows: list[Row] = []
    prose, letters = page.sums[:2]
    start = 0
    for end, reading in enumerate(page.readings, start=1):
        if end < len(page.readings) and not reading.gap_below:
            continue
        size = end - start
        whole = letters[end] - letters[start]
        share = (prose[end] - prose[start]) / (whole or 1.0)
        rows += [[float(size), whole / size, share, float(at)] for at in range(size)]
        start = end
    return rows


def _words_of_run(readings: Sequence[Reading], run: tuple[int, int]) -> Counter[str]:
    known: Counter[str] = Counter()
    for reading in readings[run[0] : run[1]]:
        known.update(_long_words(reading.text))
    return known


@lru_cache(maxsize=512)  # asked for the lines of the run, and again for each of them
def _long_words(text: str) -> frozenset[str]:
    head = text[:_READ]
    if count_wide(head) * 3 > len(head):
        head = head.lower()
        return frozenset(head[at : at + 2] for at in range(len(head) - 1))
    return frozenset(word for word in list_words(head) if len(word) >= _LONG_WORD)


def _share_known(text: str, known: Counter[str], *, in_run: bool) -> float:
    """Return the share of a line's long words that come up elsewhere in the run."""
    words = _long_words(text)
    least = 2 if in_run else 1
    return len([word for word in words if known[word] >= least]) / len(words) if words else -1.0
