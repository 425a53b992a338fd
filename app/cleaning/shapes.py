"""Shapes of a page that the model, which judges line by line, sees too little of.

A *live blog* is a row of entries that each begin with a clock; *rows* are results, standings or prices
between two paragraphs; and below an article *another one* can follow, with a title, a byline and a date of
its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from app.cleaning.features import is_prose
from app.cleaning.leads import LONGEST_HEADLINE, SHORTEST_HEADLINE, Kind, Reading
from app.cleaning.measures import ends_sentence, has_digit

LEAST_ENTRIES = 3
ENTRY_HEAD = 3  # lines below its clock in which an entry's prose begins: a title, a name
ENTRY_SHARE = 0.5  # of the letters of a page's prose that stand in entries of a live blog
LARGEST_ENTRY = 0.5  # of the letters of all: more is an article between other clocks
SAME_WAY = 0.8  # of the steps from clock to clock that go one way, up or down
LEAST_ROWS, MOST_ROWS = 3, 60
ROW_SHARE = 0.75  # of the lines between two paragraphs that must be rows; the others are their headings
LONGEST_ROW = 80.0  # letters
HEAD = 3  # lines: title, byline and date, or date and byline
NEXT_PROSE = 3  # paragraphs that another article has at least

# A clock alone, or glued to a name as browsers dump it; the hour of a day, not the length of a film.
_CLOCK = re.compile(
    r"(?:um |at |kl\.? ?|às |a las )?([01]?\d|2[0-3])(?:[:.h]|uhr|時)([0-5]\d)(?::[0-5]\d)?分? ?"
    r"(?:([ap])\.?m\.?)?(?: ?(?:uhr|h|gmt|bst|utc|c?es?t|[cemp][sd]?t|ist))?(?=$|[A-Z ·|,–-])[^\d:]{0,25}$",
    re.IGNORECASE,
)


def find_entries(readings: Sequence[Reading]) -> list[tuple[int, int]]:
    """Return the position of each clock of a live blog, and of the line behind its entry.

    Returns none for other pages. Clocks also stand in lists of news and under films: so the entries must hold
    most of the page's prose, none of them most of theirs, and the clocks go one way.
    """
    clocks = [
        (index, minutes)
        for index, each in enumerate(readings)
        if len(each.text) <= 40 and each.reason is None and (minutes := _read_clock(each.text)) is not None
    ]
    if len(clocks) < LEAST_ENTRIES:
        return []
    ends = [*(index for index, _ in clocks), len(readings)][1:]
    entries = [
        (index, minutes, end)
        for (index, minutes), end in zip(clocks, ends, strict=True)
        if any(is_prose(each) for each in readings[index + 1 : min(end, index + 1 + ENTRY_HEAD)])
    ]
    steps = [(later > earlier) - (later < earlier) for (_, earlier, _), (_, later, _) in pairwise(entries)]
    if len(entries) < LEAST_ENTRIES or max(steps.count(1), steps.count(-1)) < SAME_WAY * len(steps):
        return []
    found = [(index, _find_end(readings, index + 1, end)) for index, _, end in entries]
    clock, end = found.pop()  # the last one may run on into an article
    longest = max(end - clock for clock, end in found)
    prose = [each.weight if is_prose(each) else 0.0 for each in readings]
    letters = [sum(prose[clock:end]) for clock, end in found]
    if sum(letters) < ENTRY_SHARE * sum(prose) or max(letters) > LARGEST_ENTRY * sum(letters):
        return []
    return [*found, (clock, min(end, clock + longest))]


def list_entry_lines(readings: Sequence[Reading], entries: Sequence[tuple[int, int]]) -> list[int]:
    """List what belongs to the body of a live blog: the prose of every entry, and the title above it."""
    found = []
    for clock, end in entries:
        is_head = True
        for index in range(clock + 1, end):
            each = readings[index]
            if is_prose(each):
                is_head = False
                found.append(index)
            elif is_head and not each.reason and not each.introduces:
                found.append(index)
    return found


def _read_clock(text: str) -> int | None:
    """Return the minutes since midnight that a line shows, if it shows little else."""
    found = _CLOCK.match(text)
    if not found:
        return None
    hours, minutes, half = found.groups()
    hour = int(hours) % 12 + 12 * (half in "pP") if half else int(hours)
    return 60 * hour + int(minutes)


def _find_end(readings: Sequence[Reading], start: int, end: int) -> int:
    """Return the line behind the last prose of an entry; furniture ends it."""
    last = start
    for index in range(start, end):
        if readings[index].reason:
            break
        if is_prose(readings[index]):
            last = index + 1
    return last


def find_rows(readings: Sequence[Reading], body: Sequence[int]) -> list[int]:
    """List the rows between two lines of the body, with their headings: results, standings, prices.

    Most of them hold a number, none ends like a sentence, none is furniture, and no text comes twice.
    """
    found: list[int] = []
    for above, below in pairwise(body):
        gap = range(above + 1, below)
        if not LEAST_ROWS <= len(gap) <= MOST_ROWS:
            continue
        lines = [readings[index] for index in gap]
        rows = sum(_is_row(each) for each in lines)
        is_table = rows >= max(LEAST_ROWS, ROW_SHARE * len(lines)) and all(_is_short(each) for each in lines)
        if is_table and len({each.text for each in lines}) == len(lines):
            found += gap
    return found


def _is_row(reading: Reading) -> bool:
    """Tell whether a line holds a number beside the one that it may begin with, as entries of contents do."""
    return " " in reading.text and has_digit(reading.text.lstrip("#(.0123456789"))


def _is_short(reading: Reading) -> bool:
    is_plain = reading.reason is None and not reading.introduces
    return is_plain and reading.weight <= LONGEST_ROW and not ends_sentence(reading.text)


def find_next_article(readings: Sequence[Reading], body: Sequence[int]) -> int | None:
    """Return the position of another article's title inside what was taken for the body.

    As much prose as an article has must stand above it, and below it before the next title: entries of a live
    blog are shorter.
    """
    prose = [index for index in body if is_prose(readings[index])]
    headed = [is_headed(readings, index) for index in prose]
    for place in range(NEXT_PROSE, len(prose) - NEXT_PROSE + 1):
        if headed[place] and not any(headed[place + 1 : place + NEXT_PROSE]):
            return prose[place] - HEAD
    return None


def is_headed(readings: Sequence[Reading], index: int) -> bool:
    """Tell whether a title, a byline and a date stand right above a line, as above an article.

    Teasers inside an article have a title and a name, comments a name and a date.
    """
    head = readings[max(0, index - HEAD) : index]
    kinds = {each.kind for each in head[1:]}
    return len(head) == HEAD and kinds == {Kind.BYLINE, Kind.TIMESTAMP} and _is_title(head[0])


def _is_title(reading: Reading) -> bool:
    is_plain = reading.reason is None and reading.kind is Kind.PLAIN
    is_long_enough = SHORTEST_HEADLINE <= reading.weight <= LONGEST_HEADLINE
    return is_plain and is_long_enough and not ends_sentence(reading.text)
