"""Boosted trees, and the labeller's model: trees over the numbers of a line, and weights of words.

The file is made by benchmarks/train.py and described in docs/model.md. All trees are walked at once, by the
algorithm QuickScorer (Lucchese et al., 2015): a bit stands for every leaf, every threshold that a number
passes clears the bits of the leaves that it rules out, and the first bit left in a tree is its leaf. With
Python's long integers that costs about 16 µs a line, and needs no library.
"""

from __future__ import annotations

import gzip
import json
from array import array
from base64 import b64decode
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp
from operator import getitem
from pathlib import Path
from typing import Any

from app.cleaning.words import hash_words

MODEL = Path(__file__).with_name("labeller.json.gz")
_LEAVES = 16  # bits of a tree

Calibration = tuple[tuple[float, float], ...]


Steps = tuple[int, float, list[float], list[int]]
"""A feature, its lowest threshold, all of them, rising, and which leaves are left when so many are passed."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Boosted trees."""

    steps: tuple[Steps, ...]
    leaves: tuple[dict[int, float], ...]

    def add_up(self, row: Sequence[float]) -> float:
        """Return the sum of what the trees say of a row."""
        size = len(self.leaves)
        firsts = int.from_bytes(b"\x01\x00" * size, "little")
        left = (1 << (_LEAVES * size)) - 1
        for feature, lowest, thresholds, left_above in self.steps:
            value = row[feature]
            if value > lowest:
                left &= left_above[bisect_left(thresholds, value) - 1]
        left ^= left & (left - firsts)  # the first bit of every tree
        bits = array("H", left.to_bytes(2 * size, "little"))
        return sum(map(getitem, self.leaves, bits))


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of hashed words, or of hashed names."""

    units: array[int]  # of each bucket
    unit: float
    bias: float

    def weigh(self, buckets: Iterable[int]) -> float:
        """Return the log-odds of a line that has these."""
        units = self.units
        return self.bias + self.unit * sum([units[bucket] for bucket in buckets])


@dataclass(frozen=True, slots=True)
class LineModel:
    """What was learned."""

    words: Weights
    forest: Forest
    calibration: Calibration  # expected F1 of a body -> measured F1
    names: Weights | None = None  # of what elements are called: only the model of HTML has them
    markup: LineModel | None = None  # the model of pages in HTML

    def weigh_words(self, text: str) -> float:
        """Say how much the words of a line sound like an article."""
        return self.words.weigh(hash_words(text))

    def of_page(self, *, is_html: bool) -> LineModel:
        """Return the model for pages in HTML, which looks at more, or this one."""
        return self.markup if is_html and self.markup else self

    def judge(self, row: Sequence[float]) -> float:
        """Return the probability that a line is a part of the body."""
        return 1 / (1 + exp(-self.forest.add_up(row)))


@cache
def load_model() -> LineModel:
    """Load the model that comes with the package, once."""
    return read_model(json.loads(gzip.decompress(MODEL.read_bytes())))


def read_model(stored: dict[str, Any]) -> LineModel:
    """Build a model from what its file holds."""
    calibration = tuple((expected, measured) for expected, measured in stored["calibration"])
    return LineModel(
        _read_weights(stored),
        read_forest(stored["trees"]),
        calibration,
        _read_weights(stored["names"]) if "names" in stored else None,
        read_model(stored["html"]) if "html" in stored else None,
    )


def _read_weights(stored: dict[str, Any]) -> Weights:
    return Weights(array("h", b64decode(stored["words"])), stored["unit"], stored["bias"])


def read_forest(trees: Sequence[dict[str, Any]]) -> Forest:
    """Build a forest from its trees: of each the nodes (feature, threshold, and the leaves from low to high
    that are left out above it) and what its leaves say.
    """
    everything = (1 << (_LEAVES * len(trees))) - 1
    cleared: dict[int, dict[float, int]] = {}
    for number, tree in enumerate(trees):
        for feature, threshold, low, high in tree["nodes"]:
            bits = ((1 << (high - low)) - 1) << (_LEAVES * number + low)
            of_feature = cleared.setdefault(feature, {})
            of_feature[threshold] = of_feature.get(threshold, 0) | bits
    steps: list[Steps] = []
    for feature, of_feature in sorted(cleared.items()):
        left, kept = everything, []
        for threshold in sorted(of_feature):
            left &= ~of_feature[threshold]
            kept.append(left)
        thresholds = sorted(of_feature)
        steps.append((feature, thresholds[0], thresholds, kept))
    leaves = tuple({1 << at: value for at, value in enumerate(tree["leaves"])} for tree in trees)
    return Forest(tuple(steps), leaves)
