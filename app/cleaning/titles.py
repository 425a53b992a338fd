"""Which line is the headline, seen from the body.

The labeller decides lines by what is prose, and can take a headline for furniture and the standfirst below
it for the beginning. When bylines, timestamps and captions are found, more is known: a headline shares its
words with the body, stands above the byline, and is often printed once more, in the title of the page.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from app.cleaning.bylines import is_byline
from app.cleaning.captions import is_caption
from app.cleaning.datelines import parse_opening
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.ledger import Reason, Role
from app.cleaning.measures import WIDE, ends_sentence, fold, is_wide, overlap, weigh
from app.cleaning.notes import is_note
from app.cleaning.readings import FURNITURE
from app.cleaning.timestamps import is_timestamp

_ABOVE, _BELOW = 30, 12  # paragraphs around the labeller's first line in which the headline is looked for
_PROSE = 170.0  # letters from which a sentence is the body
_SHORTEST, _LONGEST = 8.0, 220.0
_FULL, _LONG = (
    60.0,
    110.0,
)  # letters from which a headline gets no likelier, and from which it gets less likely
_READ = 4000  # letters of the body that are compared
_TOP = 12  # paragraphs at the top of a page that can hold its title
_CONTEXTUAL = (Reason.NAVIGATION, Reason.OUTSIDE_ARTICLE)  # what the labeller took away, and no rule
_ABOUT = (Role.BYLINE, Role.TIMESTAMP)
_STEM = 5  # letters of a word that are compared: endings differ
_STANDFIRST, _NEARLY = (
    3,
    0.45,
)  # a headline so much less likely, and so close above, has its standfirst below it
_TRAIL = re.compile(r"[>»›]| / ")  # "Home > Sport > Football"
_WORD = re.compile(r"\w{4,}")
_STATED = 8  # headlines of the markup that are compared
_UNRELATED = 0.2  # agreement below which a heading is that of the site
_SITE_TAIL = re.compile(r"\s[|–—-]\s[^|–—]{2,40}$")


def choose_headline(draft: Draft) -> Paragraph | None:
    """Return the paragraph that is likeliest the headline; None if no line of the article is left."""
    kept = draft.undecided()
    if not kept:
        return None
    start = draft.paragraphs.index(kept[0])
    end = _find_body(draft, start)
    body = _words(" ".join(draft.text_of(each) for each in kept if each >= draft.paragraphs[end])[:_READ])
    tops = [draft.text_of(each) for each in draft.paragraphs[:_TOP]]
    texts = Counter(map(draft.text_of, draft.paragraphs))
    scores = {
        index: _score(draft, index, body, tops, texts) - 0.01 * (end - index) + 0.1 * (index == start)
        for index in range(max(0, start - _ABOVE), max(end, start + 1))
        if index == start or _can_be(draft, draft.paragraphs[index])
    }
    best = max(scores, key=lambda index: scores[index])
    below = weigh(draft.text_of(draft.paragraphs[best]))
    for index in range(best - 1, best - _STANDFIRST - 1, -1):
        text = draft.text_of(draft.paragraphs[index]) if index in scores else ""
        if (
            scores.get(index, -1.0) > scores[best] - _NEARLY
            and 30 <= weigh(text) < below > 80
            and not _TRAIL.search(text)
        ):
            return draft.paragraphs[index]  # what is below is the standfirst
    return draft.paragraphs[best]


def _find_body(draft: Draft, start: int) -> int:
    """Return where the first paragraph of the body stands."""
    last = min(start + _BELOW, len(draft.paragraphs) - 1)
    for index in range(start + 1, last + 1):
        text = draft.text_of(draft.paragraphs[index])
        if draft.line(draft.paragraphs[index][0]).role is Role.UNDECIDED and (
            (weigh(text) >= _PROSE and ends_sentence(text)) or parse_opening(text)
        ):
            return index
    return min(start + 1, last)


def _can_be(draft: Draft, paragraph: Paragraph) -> bool:
    line = draft.line(paragraph[0])
    if line.role is Role.REMOVED:
        return line.reason in _CONTEXTUAL and len(paragraph) == 1 and not _is_other(line.text)
    return line.role in (Role.UNDECIDED, Role.STANDFIRST)


def _is_about(text: str) -> bool:
    return is_timestamp(text) or is_byline(text)


def _is_other(text: str) -> bool:
    """Tell whether a line is known to be something else than a headline, by its own words."""
    return bool(
        FURNITURE.match(text) or is_caption(text) or is_note(text) or is_timestamp(text) or is_byline(text)
    )


def _score(draft: Draft, index: int, body: set[str], tops: list[str], texts: Counter[str]) -> float:
    text = draft.text_of(draft.paragraphs[index])
    weight = weigh(text)
    if not _SHORTEST <= weight <= _LONGEST or parse_opening(text):
        return -1.0
    words = _words(text)
    shared = len(words & body) / len(words) if words else 0.0
    score = 0.7 * min(weight, _FULL) / _FULL + shared - max(0.0, weight - _LONG) / 250
    if len(words) > 1 and any(
        text in top and (top != text or place != index) for place, top in enumerate(tops)
    ):
        score += 0.4
    elif len(words) > 1 and texts[text] > 1:
        score += 0.1
    below = draft.paragraphs[index + 1 : index + 5]
    if any(draft.line(each[0]).role in _ABOUT or _is_about(draft.text_of(each)) for each in below):
        score += 0.3
    if text[-1] in ".。:：)）":
        score -= 0.6 if weight < _FULL or text[-1] not in ".。" else 1.0
    return score


def _words(text: str) -> set[str]:
    if is_wide(text):
        return {first + second for first, second in pairwise(WIDE.findall(text))}
    return {word[:_STEM] for word in _WORD.findall(text.lower())}


def find_stated(draft: Draft) -> tuple[Paragraph, str] | None:
    """Return the headline that the markup states, and the line that prints it; None if no line does.

    The markup names a headline more than once (JSON-LD, og:title, h1, title), and not always the same. One
    that the page prints is taken before one that it does not, then the one that agrees best with the first.
    """
    stated = [*draft.metadata.headlines, *map(_cut_site, draft.metadata.headlines)]
    candidates = dict.fromkeys([*draft.metadata.headings, *stated])
    if not candidates:
        return None
    lines: dict[str, list[Paragraph]] = {}
    for paragraph in draft.paragraphs:
        lines.setdefault(fold(draft.text_of(paragraph)), []).append(paragraph)
    first = [fold(text) for text in draft.metadata.headlines[:_STATED]]
    best: tuple[float, str] | None = None
    for text in candidates:
        key = fold(text)
        agreement = max(
            ((1 - 0.05 * place) * overlap(key, each) for place, each in enumerate(first)), default=0.5
        )
        is_heading = text in draft.metadata.headings and agreement >= _UNRELATED
        score = agreement + (key in lines) + 0.03 * is_heading
        if key and agreement >= _UNRELATED and (best is None or score > best[0]):
            best = (score, text)
    if best is None:
        return None
    key = fold(best[1])
    places = lines.get(key) or [
        each
        for form, found in lines.items()
        if form.endswith(key) and len(form) <= 3 * len(key) and len(key) >= _SHORTEST
        for each in found
    ]
    return (_closest(draft, places), best[1]) if places else None


def _cut_site(text: str) -> str:
    return _SITE_TAIL.sub("", text)


def _closest(draft: Draft, places: list[Paragraph]) -> Paragraph:
    """Return the line that is kept, or else the last one above the body."""
    kept = draft.undecided()
    for each in places:
        if draft.line(each[0]).role in (Role.UNDECIDED, Role.STANDFIRST):
            return each
    start = kept[min(1, len(kept) - 1)] if kept else (0,)
    above = [each for each in places if each <= start]
    return above[-1] if above else places[0]
