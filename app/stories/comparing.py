"""Whether two texts are copies of one story, and what differs between them.

Copies share words in long runs, whatever was cut, added or moved between them. Two reports in one mould
(market tables, earnings, jobless claims) share as many words, but in short runs with other numbers and names
in the same places. So three things decide: how much of the shorter text the longer one has (containment of
word triples: a copy that was cut to a third still has all of it, where resemblance would be a third), how
long the runs are, and how many places inside the shared passages contradict each other.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any, NamedTuple

from app.stories.texts import Text, count_days_between

# The numbers below were swept over the labelled pairs (docs/stories.md), on each half of the stories alone
# and on all. F1 is above 0.997 on either, and around them too; less similarity would find 0.2 % more of the
# pairs, but then reports that quote each other are near.
# The share of the shorter text's triples that the longer must have.
LEAST_SIMILARITY = 0.5
# Words that a shared run must have on average: moulds reach 20 only where they contradict each other.
LEAST_RUN = 9.0
# Contradictions in a hundred shared words. Corrections and updates have up to 4.
MOST_CONTRADICTIONS = 4.0
# The same where the dates are more than a day apart: an update on another day is rare, a daily report is not.
MOST_CONTRADICTIONS_LATER = 0.5
SAME_NEWS_DAYS = 1
# Fewer shared words say little by themselves (a notice that many pages carry): the headlines must agree.
FEW_WORDS = 20
LEAST_HEADLINE = 0.5
# A place where one text has other words than the other has no more of them than this; more is a passage that
# was added or cut.
LONGEST_PLACE = 12
TRIPLE = 3
# Differences that are told of a pair; a reader wants to know what kind they are.
DIFFERENCES_TOLD = 20


class Method(StrEnum):
    """How an article is known to be a copy of another."""

    EXACT = "exact"
    NEAR = "near"
    LINKED = "linked"


class DifferenceKind(StrEnum):
    """What differs in a place of two texts."""

    NUMBER = "number"
    NAME = "name"
    WORDING = "wording"


@dataclass(frozen=True, slots=True)
class Difference:
    """A place inside a shared passage in which two texts have other words."""

    kind: DifferenceKind
    here: str
    there: str


class _Run(NamedTuple):
    """Words that two texts share in a row: where they begin in each, and how many they are."""

    here: int
    there: int
    length: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two texts have in common and what not."""

    similarity: float
    """The share of the shorter text's word triples that the longer has, 0 to 1."""
    shared_words: int
    mean_run: float
    differences: tuple[Difference, ...]
    days_apart: int
    """Between their dates; 0 where one has none."""

    @property
    def contradictions(self) -> int:
        """How many places have another number or name."""
        return sum(found.kind is not DifferenceKind.WORDING for found in self.differences)

    def describe(self) -> dict[str, Any]:
        """Return what the API tells of it: numbers and names first, then other words."""
        differences = sorted(self.differences, key=lambda place: place.kind is DifferenceKind.WORDING)
        return {
            "similarity": round(self.similarity, 3),
            "shared_words": self.shared_words,
            "differs": [
                {"kind": place.kind, "here": place.here, "there": place.there}
                for place in differences[:DIFFERENCES_TOLD]
            ],
        }


def compare(one: Text, other: Text) -> Comparison:
    """Compare two texts word by word; `here` of a difference is of the first.

    The time it takes is that of their length.
    """
    is_swapped = len(one.words) > len(other.words)
    short, long = (other, one) if is_swapped else (one, other)
    runs = _find_runs(short.words, long.words)
    shared = _count_covered(runs)
    common = len(short.triples & long.triples)
    places = _list_differences(short, long, runs)
    if is_swapped:
        places = [Difference(place.kind, place.there, place.here) for place in places]
    return Comparison(
        similarity=common / len(short.triples) if short.triples else 0.0,
        shared_words=shared,
        mean_run=shared / len(runs) if runs else 0.0,
        differences=tuple(places),
        days_apart=count_days_between(one.day, other.day),
    )


def find_copy(one: Text, other: Text) -> Comparison | None:
    """Compare two texts, and return the comparison if it says that they are copies of one story."""
    fewer = min(len(one.triples), len(other.triples))
    # Most candidates fail here, for a tenth of the cost.
    if not fewer or len(one.triples & other.triples) < LEAST_SIMILARITY * fewer:
        return None
    found = compare(one, other)
    return found if says_copy(found, one, other) else None


def says_copy(found: Comparison, one: Text, other: Text) -> bool:
    """Tell whether a comparison of two texts says that they are copies of one story."""
    allowed = MOST_CONTRADICTIONS_LATER if found.days_apart > SAME_NEWS_DAYS else MOST_CONTRADICTIONS
    return (
        found.similarity >= LEAST_SIMILARITY
        and found.mean_run >= LEAST_RUN
        and found.contradictions * 100 <= allowed * found.shared_words
        and (found.shared_words >= FEW_WORDS or agree_in_headline(one, other))
    )


def agree_in_headline(one: Text, other: Text) -> bool:
    """Tell whether the headlines share half the words of the shorter one."""
    fewer = min(len(one.headline_words), len(other.headline_words))
    return len(one.headline_words & other.headline_words) >= LEAST_HEADLINE * fewer > 0


def _find_runs(short: Sequence[str], long: Sequence[str]) -> list[_Run]:
    """Find the runs that two texts share, in the order of the first; a passage that moved is found too."""
    places: dict[tuple[str, str, str], list[int]] = {}
    for place, triple in enumerate(zip(long, long[1:], long[2:], strict=False)):
        places.setdefault(triple, []).append(place)
    runs: list[_Run] = []
    last = -2  # where the triple before was found
    for here, triple in enumerate(zip(short, short[1:], short[2:], strict=False)):
        found = places.get(triple)
        if found is None:
            continue
        run = runs[-1] if runs else None
        is_next = run is not None and run.here + run.length - TRIPLE + 1 == here
        if run is not None and is_next and last + 1 < len(long) - 2 and long[last + 3] == triple[2]:
            last += 1
            runs[-1] = run._replace(length=run.length + 1)
            continue
        later = bisect_right(found, last)
        last = found[later if later < len(found) else 0]
        runs.append(_Run(here, last, TRIPLE))
    return runs


def _count_covered(runs: Sequence[_Run]) -> int:
    """Count the words of the shorter text that lie in a run; two runs can overlap."""
    covered = end = 0
    for run in runs:
        covered += run.here + run.length - max(end, run.here)
        end = run.here + run.length
    return covered


def _list_differences(short: Text, long: Text, runs: Sequence[_Run]) -> list[Difference]:
    """List the places before, between and after the runs in which each text has a few words of its own."""
    if not runs:
        return []
    first, last = runs[0], runs[-1]
    bounds = [(0, first.here, 0, first.there)]
    bounds += [
        (before.here + before.length, after.here, before.there + before.length, after.there)
        for before, after in pairwise(runs)
    ]
    bounds.append((last.here + last.length, len(short.printed), last.there + last.length, len(long.printed)))
    return [
        _describe(short.printed[start:end], long.printed[other_start:other_end])
        for start, end, other_start, other_end in bounds
        if 0 <= end - start <= LONGEST_PLACE
        and 0 <= other_end - other_start <= LONGEST_PLACE
        and (end > start or other_end > other_start)
    ]


def _describe(here: list[str], there: list[str]) -> Difference:
    """Say what differs: a number or a name only where both texts give one."""
    kind = DifferenceKind.WORDING
    numbers, other_numbers = _list_numbers(here), _list_numbers(there)
    names, other_names = _list_names(here), _list_names(there)
    if numbers and other_numbers and numbers != other_numbers:
        kind = DifferenceKind.NUMBER
    elif names and other_names and not names & other_names:
        kind = DifferenceKind.NAME
    return Difference(kind, " ".join(here), " ".join(there))


def _list_numbers(words: list[str]) -> set[str]:
    return {word for word in words if word[0].isdigit()}


def _list_names(words: list[str]) -> set[str]:
    return {word.casefold() for word in words if word[0].isupper()}
