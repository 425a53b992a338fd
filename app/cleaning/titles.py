"""Which line is the headline, seen from the body.

The labeller decides lines by what is prose, and can take a headline for furniture and the standfirst below
it for the beginning. When bylines, timestamps and captions are found, more is known: a headline shares its
words with the body, stands above the byline, and is often printed once more, in the title of the page. What
these signs of a line, and of the lines beside it, say together was learned (benchmarks/train_titles.py).
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import log1p
from pathlib import Path

from app.cleaning.bylines import is_byline
from app.cleaning.captions import is_caption
from app.cleaning.datelines import parse_opening
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.ledger import Reason, Role
from app.cleaning.measures import WIDE, ends_sentence, fold, has_digit, is_wide, overlap, split_words, weigh
from app.cleaning.notes import is_note
from app.cleaning.readings import FURNITURE
from app.cleaning.timestamps import is_timestamp
from app.cleaning.trees import Forest, load_model, read_forest

MODEL = Path(__file__).with_name("titles.json.gz")
_ABOVE, _BELOW = 60, 4  # paragraphs around the beginning of the body in which the headline is looked for
_SHORTEST, _LONGEST = 4.0, 260.0  # letters of a headline
_SHORTEST_FORM = 25.0  # letters of most headlines
# Letters from which a sentence is the body, and from which two in a row are.
_PROSE, _PROSE_AMONG = 170.0, 100.0
_KICKER, _LEAST, _MOST = 28.0, 30.0, 130.0  # letters of a kicker, and of the headline below it
_FIRST = 14  # kept paragraphs among which the body begins
_READ = 4000  # letters of the body that are compared
_TOP = 12  # paragraphs at the top of a page that can hold its title
_LEAST_BESIDE = 12  # letters of a line that is looked for in those around it, or they in it
_NEAR = 8  # paragraphs around a line that can print it once more, in a trail or with a label
CONTEXTUAL = frozenset(  # what the labeller took away, and no rule
    {Reason.NAVIGATION, Reason.OUTSIDE_ARTICLE, Reason.REPEATED, Reason.OTHER_ARTICLE, Reason.RELATED_LINKS}
)
_ABOUT = frozenset({Role.BYLINE, Role.TIMESTAMP})
_MINOR = frozenset({Role.BYLINE, Role.TIMESTAMP, Role.CAPTION, Role.CREDIT})
_STEM = 5  # letters of a word that are compared: endings differ
_LONG_WORD = 4  # letters
_FULL, _SHORT = 60.0, 30.0  # letters of a whole headline, and of a label
_OFTEN = 5  # times that a word comes up in the body beyond which it counts no more
_SENTENCE = 80.0  # letters of a sentence of the body or the standfirst
_FAR = 8  # paragraphs
_CLOSE = 6  # paragraphs above the body among which a label can be the headline
_AROUND = 6  # paragraphs above and below among which a headline sounds the best
_TRAIL = re.compile(r"\||[>»›]| / ")  # "Home > Sport > Football"
_HOME = re.compile(
    r"(?:home|homepage|startseite|accueil|inicio|início|hem|hjem|forsiden|etusivu|главная|ホーム|トップ|首页|首頁)(?!\w)",
    re.IGNORECASE,
)
_SHORTEST_ALONE = 12.0  # letters of a headline behind a trail
_CUT = ("…", "...")
_POINTER = re.compile(r"click here|read (?:more|next)\b|see also\b|(?:前|次)の記事", re.IGNORECASE)
_STATED = 8  # headlines of the markup that are compared
# Of the two lines above and below, these signs are looked at too.
_BESIDE = ("length", "excess", "share", "full_stop", "kept", "repeated", "tiny", "first", "about_below")
_REACH = (-2, -1, 1, 2)
_NOTHING = -9.0  # stands for a sign of a line that cannot be a headline
_UNRELATED = 0.2  # agreement below which a heading is that of the site
_SITE_TAIL = re.compile(r"\s[|–—-]\s[^|–—]{2,40}$")


def choose_headline(draft: Draft) -> Paragraph | None:
    """Return the paragraph that is likeliest the headline; None if no line of the article is left."""
    candidates = list_candidates(draft)
    if not candidates:
        return None
    forest = _load_forest()
    best = max(candidates, key=lambda candidate: forest.add_up(candidate[1]))[0]
    best = _leave_trail(draft, best, [paragraph for paragraph, _ in candidates])
    place = draft.paragraphs.index(best) + 1
    below = draft.paragraphs[place] if place < len(draft.paragraphs) else best
    return below if _is_label_of(draft, best, below) else best


def _leave_trail(draft: Draft, best: Paragraph, candidates: list[Paragraph]) -> Paragraph:
    """Return the line that prints alone what the likeliest one prints behind a trail ("Home > Sport > …"), or
    whole what that one cuts off.
    """
    text = draft.text_of(best)
    begun = text.rstrip(".…").lstrip(" >»›|/") if text.endswith(_CUT) else None
    for paragraph in candidates:
        alone = draft.text_of(paragraph)
        if weigh(alone) < _SHORTEST_ALONE or alone == text:
            continue
        if begun and alone.startswith(begun):
            return paragraph
        if text.endswith(alone):
            above = text.removesuffix(alone)
            if _TRAIL.search(above) or _HOME.match(above):
                return paragraph
    return best


def _is_label_of(draft: Draft, label: Paragraph, below: Paragraph) -> bool:
    """Tell whether the likeliest line is the kicker of the line below, which looks like a headline."""
    text, under = draft.text_of(label), draft.text_of(below)
    if (
        weigh(text) > _KICKER
        or not _LEAST <= weigh(under) <= _MOST
        or draft.line(below[0]).role is not Role.UNDECIDED
    ):
        return False
    return not (ends_sentence(text) or ends_sentence(under) or parse_opening(under))


@cache
def _load_forest() -> Forest:
    return read_forest(json.loads(gzip.decompress(MODEL.read_bytes())))


@dataclass(frozen=True, slots=True)
class _Page:
    """The paragraphs of a page around the beginning of its body, each read once."""

    draft: Draft
    first: int  # the first kept paragraph
    start: int  # the first one of the body
    texts: dict[int, str]
    weights: dict[int, float]
    sentences: dict[int, bool]
    stems: dict[int, frozenset[str]]  # of those paragraphs that were asked for
    shares: dict[int, float]  # likewise
    body: Counter[str]
    tops: tuple[str, ...]  # the first paragraphs of the page
    top: str  # the same in one
    printed: str  # all the texts

    def words(self, index: int) -> frozenset[str]:
        """Return the words of a paragraph; none of one that was not read."""
        words = self.stems.get(index)
        if words is None:
            words = self.stems[index] = list_words(self.texts.get(index, ""))
        return words

    def role(self, index: int) -> Role:
        return self.draft.lines[self.draft.paragraphs[index][0] - 1].role

    def reason(self, index: int) -> Reason | None:
        return self.draft.lines[self.draft.paragraphs[index][0] - 1].reason

    def share(self, index: int) -> float:
        """Return the share of the words of a paragraph that come up in the body."""
        share = self.shares.get(index)
        if share is None:
            words = self.words(index)
            share = len(words & self.body.keys()) / len(words) if words else 0.0
            self.shares[index] = share
        return share

    def list_around(self, index: int) -> list[str]:
        """List the other texts near a paragraph."""
        own, texts = self.texts[index], self.texts
        near = [texts[at] for at in range(index - _NEAR, index + _NEAR + 1) if at in texts]
        return [text for text in near if text != own]

    def has_form(self, index: int) -> bool:
        """Tell whether a paragraph has the length of a headline, and does not end like a sentence."""
        return _SHORTEST_FORM <= self.weights[index] <= _MOST and not self.sentences[index]

    def is_about(self, index: int) -> bool:
        """Tell whether a paragraph says who wrote the article or when."""
        return is_about_line(self.draft, self.draft.paragraphs[index])


def is_about_line(draft: Draft, paragraph: Paragraph) -> bool:
    """Tell whether a paragraph says who wrote the article or when."""
    line = draft.line(paragraph[0])
    if line.role in _ABOUT:
        return True
    return line.reason in CONTEXTUAL and (is_timestamp(line.text) or is_byline(line.text))


def list_candidates(draft: Draft) -> list[tuple[Paragraph, list[float]]]:
    """List the paragraphs that can be the headline, each with the signs that speak for and against it and
    those of its neighbours.
    """
    page = _read_page(draft)
    if page is None:
        return []
    about = {index for index in page.texts if page.is_about(index)}
    signs = {
        index: _describe(page, index, about)
        for index in range(max(0, page.start - _ABOVE), min(len(draft.paragraphs), page.start + _BELOW))
        if _can_be(page, index)
    }
    copies = Counter(page.texts[index] for index in signs)
    highest = max(map(page.share, signs), default=0.0) or 1.0
    formed = {index: page.share(index) for index in signs if page.has_form(index)}
    before = sum(index < page.start for index in signs)
    opens_story = parse_opening(page.texts[page.start]) is not None
    return [
        (
            draft.paragraphs[index],
            [
                *own.values(),
                float(copies[page.texts[index]]),
                *_compare(index, page.start, formed),
                max(0, before - place - 1),
                page.share(index) / highest,
                place / len(signs),
                len(signs),
                *(
                    signs[index + reach][name] if index + reach in signs else _NOTHING
                    for reach in _REACH
                    for name in _BESIDE
                ),
            ],
        )
        for place, (index, own) in enumerate(signs.items())
        # Who wrote the story and when is no headline, nor is what stands below its dateline.
        if index not in about and not (opens_story and index > page.start)
    ]


def _compare(index: int, start: int, formed: dict[int, float]) -> list[float]:
    """Compare a line with those near it that have a headline's form: how much of the best above and below
    comes up in the body, and how many there are.
    """
    above = [formed[at] for at in range(index - _AROUND, index) if at in formed]
    below = [formed[at] for at in range(index + 1, min(index + _AROUND, start) + 1) if at in formed]
    return [max(above) if above else -1.0, max(below) if below else -1.0, len(above), len(below)]


def _read_page(draft: Draft) -> _Page | None:
    roles = (Role.UNDECIDED, Role.STANDFIRST)
    kept = [index for index, each in enumerate(draft.paragraphs) if draft.line(each[0]).role in roles]
    if not kept:
        return None
    start = _find_body(draft, kept)
    total = len(draft.paragraphs)
    near = {*range(max(0, start - _ABOVE - 3), min(total, start + _BELOW + 4)), *range(min(_TOP, total))}
    texts = {index: draft.text_of(draft.paragraphs[index]) for index in sorted(near)}
    body = " ".join(draft.text_of(draft.paragraphs[index]) for index in kept if index >= start)[:_READ]
    tops = tuple(texts[index] for index in range(min(_TOP, total)))
    return _Page(
        draft,
        kept[0],
        start,
        texts,
        {index: weigh(text) for index, text in texts.items()},
        {index: ends_sentence(text) for index, text in texts.items()},
        {},
        {},
        Counter(_list_stems(body)),
        tops,
        "\n".join(tops),
        "\n".join(texts.values()),
    )


def _find_body(draft: Draft, kept: list[int]) -> int:
    """Return where the first paragraph of the body stands."""
    for place, index in enumerate(kept[:_FIRST]):
        text = draft.text_of(draft.paragraphs[index])
        weight = weigh(text)
        if parse_opening(text) and weight > _FULL:
            return index
        if weight < _PROSE_AMONG or not ends_sentence(text):
            continue
        if weight >= _PROSE:
            return index
        following = kept[place + 1] if place + 1 < len(kept) else index + 3
        if place and following - index <= 2:
            below = draft.text_of(draft.paragraphs[following])
            if weigh(below) >= _PROSE_AMONG and ends_sentence(below):
                return index
    return kept[min(1, len(kept) - 1)]


def _can_be(page: _Page, index: int) -> bool:
    role, text = page.role(index), page.texts[index]
    if not _SHORTEST <= page.weights[index] <= _LONGEST or len(page.draft.paragraphs[index]) > 2:
        return False
    if role is Role.REMOVED:
        reason = page.reason(index)
        if (
            reason is Reason.NAVIGATION
            and not page.words(index) & page.body.keys()
            and not (page.start - _CLOSE <= index < page.start)
        ):
            return False  # the entry of a menu
        if reason not in CONTEXTUAL or (reason is Reason.RELATED_LINKS and FURNITURE.match(text)):
            return False
    elif role not in (Role.UNDECIDED, Role.STANDFIRST):
        return False
    return not (parse_opening(text) or is_note(text) or is_caption(text) or _POINTER.match(text))


def _describe(page: _Page, index: int, about: set[int]) -> dict[str, float]:
    """Say what speaks for and against a line; the order is that of the model."""
    text, weight, words = page.texts[index], page.weights[index], page.words(index)
    role, reason = page.role(index), page.reason(index)
    paragraphs, distance = page.draft.paragraphs, page.start - index
    around = page.list_around(index)
    long_around = tuple(other for other in around if len(other) >= _LEAST_BESIDE)
    is_around = len(text) >= _LEAST_BESIDE and text in "\n".join(around)  # cheaper than to compare each
    below = range(index + 1, min(len(paragraphs), index + 4))
    shared = words & page.body.keys()
    central = sum([min(page.body[word], _OFTEN) for word in shared])
    lead = page.words(page.start)
    printed = text.split()
    return {
        "kept": role is Role.UNDECIDED,
        "standfirst": role is Role.STANDFIRST,
        "outside": reason is Reason.OUTSIDE_ARTICLE,
        "navigation": reason is Reason.NAVIGATION,
        "repeated": reason is Reason.REPEATED,
        "first": index == page.first,
        "distance": min(max(distance, 0), 30) / 10,
        "log_distance": log1p(max(distance, 0)),
        "in_body": distance <= 0,
        "length": min(weight, _FULL) / _FULL,
        "excess": min(max(0.0, weight - _FULL), 120) / _FULL,
        "tiny": weight < 15,
        "label": weight < 25,
        "share": page.share(index),
        "shared": min(len(shared), 6) / 6,
        "unshared": bool(words) and not shared,
        "in_title": text in page.top and any(other.startswith(text) and other != text for other in page.tops),
        "longer_beside": is_around
        and any(other.endswith(text) or other.startswith(text) for other in around),
        "ends_as_beside": text.endswith(long_around),
        "about_below": not about.isdisjoint(range(index + 1, index + 4)),
        "about_lower": not about.isdisjoint(range(index + 4, index + 7)),
        "full_stop": text[-1] in ".。",
        "colon": text[-1] in ":：",
        "question": text[-1] in "?!？！",
        "cut_off": text.endswith(("...", "…")),
        "gap_above": index > 0 and paragraphs[index][0] - paragraphs[index - 1][-1] > 1,
        "gap_below": index + 1 < len(paragraphs) and paragraphs[index + 1][0] - paragraphs[index][-1] > 1,
        "labels_above": sum([page.weights.get(at, _SHORT) < _SHORT for at in range(index - 3, index)]) / 3,
        "lower_case": text[:1].islower(),
        "trail": _TRAIL.search(text) is not None,
        "digits": sum(map(str.isdigit, text)) / len(text) if has_digit(text) else 0.0,
        "capitals": text.isupper(),
        "caption": is_caption(text),
        "place": index / len(paragraphs),
        "quotes": text[0] in '"“„«»‘「',
        "initials": sum([word[0].isupper() for word in printed]) / len(printed),
        "caption_below": any(page.role(at) is Role.CAPTION for at in below),
        "is_start": index == page.start,
        "headline_above": _headline_share(page, index - 1),
        "as_below": len(words & page.words(index + 1)) / len(words) if words else 0.0,
        "sounds": load_model().weigh_words(text),
        "printed": len(printed),
        "stops": text.count("."),
        "commas": text.count(","),
        "colon_inside": ":" in text,
        "printed_often": min(page.printed.count(text), 6),
        "central": central / len(words) if words else 0.0,
        "central_sum": min(central, 30),
        "as_lead": len(words & lead) / len(words) if words else 0.0,
        "about_above": min([index - at for at in about if at < index], default=_FAR),
        "prose_next": page.weights.get(index + 1, 0.0) >= _SENTENCE and page.sentences[index + 1],
    }


def _headline_share(page: _Page, index: int) -> float:
    """Return how many of its words a paragraph shares with the body, if it has a headline's form."""
    if index not in page.texts or not page.has_form(index) or page.role(index) in _MINOR:
        return 0.0
    return page.share(index)


def list_words(text: str) -> frozenset[str]:
    """Return the stems of the longer words of a text, or the pairs of its letters if it is wide."""
    return frozenset(_list_stems(text))


def _list_stems(text: str) -> list[str]:
    if is_wide(text):
        return [first + second for first, second in pairwise(WIDE.findall(text))]
    return [word[:_STEM] for word in split_words(text.lower()) if len(word) >= _LONG_WORD]


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
