"""How good a choice of lines is likely to be, by the model's own chances.

Of a set of lines the F1 that is to be expected is 2 Σ chance·length (chosen) / (length (chosen) + Σ
chance·length (all)); it is highest if lines from half of that highest value on are chosen. So the threshold
is the page's own: on a page that the model is sure of a line needs nearly even odds, on an odd one less.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence

from app.cleaning.leads import Reading
from app.cleaning.trees import Calibration

# By cross-validation (docs/model.md): a little stricter than the best F1, for junk lines count as much.
_STRICTNESS = 1.35
_LOWEST, _HIGHEST = 0.2, 0.65
_FULL = 400.0  # letters beyond which a line counts no more
_LEAST = 10.0  # letters that the shortest line counts


def choose_threshold(readings: Sequence[Reading], chances: Sequence[float]) -> float:
    """Return the chance from which a line of this page is taken for the body."""
    expected = sum(chance * _count(each) for each, chance in zip(readings, chances, strict=True))
    found = length = best = 0.0
    for chance, counted in sorted(
        ((chance, _count(each)) for each, chance in zip(readings, chances, strict=True)), reverse=True
    ):
        found += chance * counted
        length += counted
        best = max(best, 2 * found / (length + expected))
    return min(_HIGHEST, max(_LOWEST, _STRICTNESS * best / 2))


def estimate_quality(
    readings: Sequence[Reading], chances: Sequence[float], chosen: Collection[int], table: Calibration
) -> float:
    """Estimate the F1 of the body, 0 to 1, from the lines that were chosen."""
    expected = sum(chance * _count(each) for each, chance in zip(readings, chances, strict=True))
    body = [index for index in chosen if not readings[index].introduces]
    length = sum(_count(readings[index]) for index in body)
    found = sum(chances[index] * _count(readings[index]) for index in body)
    return _calibrate(2 * found / (length + expected) if found else 0.0, table)


def _calibrate(value: float, table: Calibration) -> float:
    """Read from the model's table which F1 was measured where this much was expected."""
    place = bisect_right([expected for expected, _ in table], value)
    if place == 0:
        return round(table[0][1], 2)
    if place == len(table):
        return round(table[-1][1], 2)
    (low, low_measured), (high, high_measured) = table[place - 1], table[place]
    return round(low_measured + (high_measured - low_measured) * (value - low) / (high - low), 2)


def _count(reading: Reading) -> float:
    return min(reading.weight, _FULL) + _LEAST
