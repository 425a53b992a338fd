"""Variations of training pages: how the same page could have been copied."""

from __future__ import annotations

import random

from app.cleaning.leads import Reading
from app.cleaning.readings import read_text

PIECES = (1, 2, 3, 5, 8, 12, 20, 30)  # words of a piece of a broken line

Labelled = tuple[list[Reading], list[int]]


def vary(readings: list[Reading], keep: list[int], chance: random.Random) -> Labelled:
    """Break lines, thin the furniture out, or cut the page; then change its blank lines."""
    kind = chance.random()
    if kind < 0.25:
        readings, keep = break_lines(readings, keep, chance)
    elif kind < 0.6:
        readings, keep = thin_out(readings, keep, chance)
    elif kind < 0.7:
        start = chance.randrange(len(readings))
        end = min(len(readings), start + max(10, len(readings) // 2))
        readings, keep = readings[start:end], keep[start:end]
    gaps = chance.random()
    if gaps < 0.35:
        readings = [each.between(1, 1) for each in readings]
    elif gaps < 0.55:
        readings = [each.between(0, 0) for each in readings]
    if not readings:
        return [], []
    readings = [readings[0]._replace(gap_above=2), *readings[1:]]
    return [*readings[:-1], readings[-1]._replace(gap_below=2)], keep


def break_lines(readings: list[Reading], keep: list[int], chance: random.Random) -> Labelled:
    """Break most of the longer lines where links or columns could have broken them."""
    broken: list[Reading] = []
    labels: list[int] = []
    for each, label in zip(readings, keep, strict=True):
        words = each.text.split(" ")
        if len(words) <= 8 or chance.random() > 0.8:
            broken.append(each)
            labels.append(label)
            continue
        start = 0
        while start < len(words):
            end = start + chance.choice(PIECES)
            piece = " ".join(words[start:end])
            if piece:
                above = each.gap_above if start == 0 else 0
                below = each.gap_below if end >= len(words) else 0
                broken.append(read_text(piece).between(above, below))
                labels.append(label)
            start = end
    return broken, labels


def thin_out(readings: list[Reading], keep: list[int], chance: random.Random) -> Labelled:
    """Remove most furniture, and less of it near the article: what people leave when they copy by hand."""
    inside = [index for index, label in enumerate(keep) if label]
    first, last = (inside[0], inside[-1]) if inside else (0, len(keep) - 1)
    rate, near = chance.choice((0.02, 0.05, 0.1, 0.3)), chance.choice((2, 4, 8))
    left = []
    for index, label in enumerate(keep):
        distance = max(first - index, index - last, 0)
        odds = rate if distance > near else 0.6 if distance else 0.8
        if label or chance.random() < odds:
            left.append(index)
    return [readings[index] for index in left], [keep[index] for index in left]
