"""What the model looks at beside features.py where the page came as HTML: the elements that lines stand in.

Number and order of the features belong to the model file. All costs grow with the number of elements and
lines only: an element is looked at once, and names are read from a bounded number of ancestors.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from app.cleaning.draft import Draft
from app.cleaning.elements import Element, Mark
from app.cleaning.leads import Reading
from app.cleaning.measures import is_wide
from app.cleaning.trees import Weights
from app.cleaning.words import BUCKETS

_PROSE = 60.0  # letters from which a line counts for its container
_FULL = 400.0  # letters beyond which it counts no more
_NAMED = 12  # ancestors whose names are read
_FAR = 20.0  # levels or lines: farther is as far
_NOTHING = -9.0
_NAMES = re.compile(r' (?:class|id|itemprop|role|data-testid|data-component)="([^"]{1,300})')
_NAME = re.compile(r"[a-z]{2,20}|[A-Z][a-z]{1,20}")
_WORDS = re.compile(r"\w+")
_TAG_NAMES = """p blockquote div pre section article main td th li dd dt h2 h3 h4 h5 h6 h1 ul ol table header
    footer aside nav form address summary body"""
_REGION_NAMES = "article main nav aside header footer form table ul blockquote section"
_TAGS = {tag: float(code) for code, tag in enumerate(_TAG_NAMES.split(), start=1)}
_REGIONS = {name: 1 << bit for bit, name in enumerate(_REGION_NAMES.split())}
_REGION_BITS = tuple(_REGIONS.values())
_ARTICLE_BODY = 1 << len(_REGIONS)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

Row = list[float]


@dataclass(slots=True, eq=False)
class _Container:
    """An element as a container of lines."""

    parent: _Container | None
    path: str
    regions: int
    depth: int
    prose: float = 0.0  # of lines right inside and below
    score: float = 0.0  # of lines right inside, and half of those a level deeper
    lines: int = 0
    inner: int = 0  # lines of prose right inside
    seen: int = 0
    steps: float = _FAR  # levels up to the nearest element around the best container


def find_marks(draft: Draft) -> list[Mark]:
    """Return the mark of each paragraph: that of its first line."""
    if not draft.marks:
        return []
    marks = [draft.marks[each[0] - 1] for each in draft.paragraphs]
    return [mark for mark in marks if mark is not None]


def hash_names(mark: Mark) -> list[int]:
    """Return the buckets of what the elements around a line are called, near ones apart from far ones."""
    buckets: list[int] = []
    if mark.inner is not mark.block:
        buckets += _name_element(mark.inner, 0)
    at: Element | None = mark.block
    for level in range(_NAMED):
        if at is None:
            break
        buckets += _name_element(at, min(level, 2))
        at = at.parent
    return buckets


def _name_element(element: Element, level: int) -> set[int]:
    names = [element.tag]
    if element.attributes:
        for value in _NAMES.findall(element.attributes):
            names += [name.lower() for name in _NAME.findall(value)[:12]]
    if element.parent is not None and level < 2:
        names.append(f"{element.parent.tag}>{element.tag}")
    return {crc32(f"{level}{name}".encode()) % BUCKETS for name in names}


def weigh_names(marks: Sequence[Mark], weights: Weights) -> list[float]:
    """Weigh what the elements around each line are called, as hash_names lists it; an element once."""
    names = _Names(weights)
    inside: dict[tuple[Element, Element], float] = {}
    weighed = []
    for mark in marks:
        key = mark.block, mark.inner
        if key not in inside:
            total = names.weigh(mark.block, 0) + names.weigh_above(mark.block)
            if mark.inner is not mark.block:
                total += names.weigh(mark.inner, 0)
            inside[key] = weights.bias + weights.unit * total
        weighed.append(inside[key])
    return weighed


class _Names:
    """The weights of what elements are called, in units."""

    def __init__(self, weights: Weights) -> None:
        self._units = weights.units
        self._known: dict[tuple[Element, int], int] = {}
        self._far: dict[Element | None, int] = {None: 0}  # of an element and all around it, as far ones

    def weigh(self, element: Element, level: int) -> int:
        """Weigh an element as one that stands so many levels above a line."""
        found = self._known.get((element, level))
        if found is None:
            found = sum([self._units[bucket] for bucket in _name_element(element, level)])
            self._known[element, level] = found
        return found

    def weigh_above(self, block: Element) -> int:
        """Weigh the elements around a block, a bounded number of them."""
        parent = block.parent
        if parent is None:
            return 0
        beyond = parent.parent
        for _ in range(_NAMED - 2):
            if beyond is None:
                break
            beyond = beyond.parent
        return self.weigh(parent, 1) + self._weigh_far(parent.parent) - self._weigh_far(beyond)

    def _weigh_far(self, element: Element | None) -> int:
        waiting = []
        at = element
        while at is not None and at not in self._far:
            waiting.append(at)
            at = at.parent
        for each in reversed(waiting):
            self._far[each] = self._far[each.parent] + self.weigh(each, 2)
        return self._far[element]


def describe_marks(
    marks: Sequence[Mark], readings: Sequence[Reading], names: Sequence[float], stated: str
) -> list[Row]:
    """Describe the elements of every line of a page.

    names weighs what they are called; stated is the body that the page's JSON-LD states.
    """
    containers = _contain(marks)
    prose = [
        min(each.weight, _FULL)
        if each.weight >= _PROSE and not each.reason and mark.linked * 2 <= len(each.text)
        else 0.0
        for each, mark in zip(readings, marks, strict=True)
    ]
    best = _weigh_containers(marks, prose, containers)
    total = sum(prose) or 1.0
    paths: dict[str, float] = defaultdict(float)
    tags: dict[str, float] = defaultdict(float)
    for mark, weight in zip(marks, prose, strict=True):
        paths[containers[mark.block].path] += weight
        tags[mark.block.tag] += weight
    known_pairs = set(pairwise(_words(stated)))
    most = max((score for score, weight in zip(names, prose, strict=True) if weight), default=0.0)
    mean = sum(score * weight for score, weight in zip(names, prose, strict=True)) / total
    title = next((at for at, mark in enumerate(marks) if mark.block.tag == "h1"), -1)
    padded = [_NOTHING, _NOTHING, *names, _NOTHING, _NOTHING]
    rows = []
    passed = 0.0
    last_heading = -_FAR
    for at, (mark, each, weight) in enumerate(zip(marks, readings, prose, strict=True)):
        own = containers[mark.block]
        around = own.parent or own
        beyond = around.parent or around
        size = len(each.text)
        around.seen += 1
        row = [
            _TAGS.get(mark.block.tag, 0.0),
            min(1.0, mark.linked / size),
            float(mark.links),
            min(1.0, mark.strong / size),
            float(own.depth),
            own.steps,
            float(mark.inner is not mark.block),
            names[at],
            names[at] - most,
            names[at] - mean,
            *padded[at : at + 2],
            *padded[at + 3 : at + 5],
            around.prose / total,
            beyond.prose / total,
            around.score / (best.score or 1.0) if best else 0.0,
            beyond.score / (best.score or 1.0) if best else 0.0,
            float(around.inner),
            float(around.lines),
            around.seen / around.lines,
            (paths[own.path] - weight) / total,
            (tags[mark.block.tag] - weight) / total,
            passed / total,
            float(min(_FAR, at - title)) if title >= 0 else _NOTHING,
            float(min(_FAR, at - last_heading)),
            _share_stated(each.text, known_pairs) if known_pairs else -1.0,
            float(bool(own.regions & _ARTICLE_BODY)),
            *[float(bool(own.regions & bit)) for bit in _REGION_BITS],
        ]
        if mark.block.tag in _HEADINGS:
            last_heading = at
        passed += weight
        rows.append(row)
    return [[*row, *_look_beside(rows, at, -1), *_look_beside(rows, at, 1)] for at, row in enumerate(rows)]


def _look_beside(rows: list[Row], at: int, step: int) -> Row:
    """Repeat of the line above or below: tag, linked share, steps, share of its container."""
    other = at + step
    if not 0 <= other < len(rows):
        return [_NOTHING] * 5
    row = rows[other]
    return [row[0], row[1], row[5], row[14], row[21]]


def _contain(marks: Sequence[Mark]) -> dict[Element, _Container]:
    """Return the containers around all lines, in the order of the page."""
    found: set[Element] = set()
    for mark in marks:
        at: Element | None = mark.block
        while at is not None and at not in found:
            found.add(at)
            at = at.parent
    containers: dict[Element, _Container] = {}
    for element in sorted(found, key=lambda each: each.number):
        parent = containers[element.parent] if element.parent else None
        regions = parent.regions if parent else 0
        regions |= _REGIONS.get(element.tag, 0)
        attributes = element.attributes
        if 'itemprop="articleBody"' in attributes:
            regions |= _ARTICLE_BODY
        named = _NAMES.search(attributes) if attributes else None
        step = f"{element.tag}.{named[1][:40]}" if named else element.tag
        above = parent.path.rsplit("/", 2)[-2:] if parent else []
        containers[element] = _Container(
            parent, "/".join([*above, step]), regions, parent.depth + 1 if parent else 0
        )
    return containers


def _weigh_containers(
    marks: Sequence[Mark], prose: Sequence[float], containers: dict[Element, _Container]
) -> _Container | None:
    """Add the prose of all lines up, and return the container that holds most of it."""
    for mark, weight in zip(marks, prose, strict=True):
        own = containers[mark.block]
        around = own.parent or own
        around.lines += 1
        own.prose += weight
        if weight:
            around.inner += 1
            around.score += weight
            if around.parent:
                around.parent.score += weight / 2
    for each in reversed(containers.values()):
        if each.parent:
            each.parent.prose += each.prose
    best = max(containers.values(), key=lambda each: each.score, default=None)
    at, steps = best, 0.0
    while at is not None:
        at.steps = steps / 4
        at, steps = at.parent, min(_FAR, steps + 1)
    if best:
        best.steps = -1.0
    for each in containers.values():
        if each.parent and each.steps == _FAR:
            each.steps = -1.0 if each.parent.steps == -1.0 else min(_FAR - 1, each.parent.steps + 1)
    return best


def _words(text: str) -> list[str]:
    head = text.casefold()
    return list(head) if is_wide(text) else _WORDS.findall(head)


def _share_stated(text: str, known: set[tuple[str, str]]) -> float:
    words = _words(text[:600])
    pairs = list(pairwise(words))
    if not pairs:
        return 0.5
    return len([pair for pair in pairs if pair in known]) / len(pairs)
