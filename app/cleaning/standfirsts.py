"""Which line below the headline is the standfirst.

A standfirst stands between headline and body, is parted from the body by byline, timestamp, caption or a gap,
and has the form of a sentence that sums the story up. How much each sign counts was learned
(benchmarks/train_titles.py): the likeliest line is taken if it is likelier than none.
"""

from __future__ import annotations

import json
from functools import cache
from math import exp
from pathlib import Path

from app.cleaning.captions import is_caption
from app.cleaning.datelines import parse_opening
from app.cleaning.dates import parse_date
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.elements import Element, Mark
from app.cleaning.ledger import Role
from app.cleaning.measures import ends_sentence, fold, has_digit, overlap, weigh
from app.cleaning.places import is_city
from app.cleaning.readings import FURNITURE
from app.cleaning.titles import CONTEXTUAL, is_about_line, list_words

WEIGHTS = Path(__file__).with_name("standfirsts.json")

# Chances from which a line is taken: swept from 0.2 to 0.55 on unseen domains.
_SURE, _SURE_IN_HTML = 0.43, 0.33
_BELOW = 10  # paragraphs below the headline that can be its standfirst
SHORTEST, LONGEST = 18.0, 600.0  # letters of a standfirst
_PROSE = 100.0  # letters from which a sentence is the body
_SAME = 0.8  # agreement from which a line is what the markup says
_PARTS = (
    "marked",
    "stated_next",
    "about_below",
    "caption_below",
    "parted",
    "opening_below",
    "place_next",
    "set_apart",
)
_NAMED = 8  # headings and headlines of the markup that are compared
_STRONG = 0.8  # share of a line in bold letters from which all of it is
_LABEL = 45.0  # letters of a line that stands between a standfirst and the body
_BESIDE = (Role.CAPTION, Role.CREDIT)


def choose_standfirst(draft: Draft, headline: Paragraph) -> tuple[Paragraph, ...]:
    """Return the paragraphs of the standfirst, most often one; empty if the article has none."""
    weights = _load_weights()
    scored = [
        (sum(weights[name] * value for name, value in signs.items() if value), paragraph)
        for paragraph, signs in list_candidates(draft, headline)
    ]
    if not scored:
        return ()
    total = 1.0 + sum(exp(score) for score, _ in scored)  # 1: that there is none
    score, best = max(scored)
    sure = _SURE_IN_HTML if draft.hints.content_type == "text/html" else _SURE
    return _extend(draft, best) if exp(score) / total >= sure else ()


@cache
def _load_weights() -> dict[str, float]:
    weights: dict[str, float] = json.loads(WEIGHTS.read_text("utf-8"))
    return weights


def _extend(draft: Draft, paragraph: Paragraph) -> tuple[Paragraph, ...]:
    """Add the lines below that the markup names as parts of the same standfirst."""
    text = fold(draft.text_of(paragraph))
    named = (*draft.metadata.standfirsts, *draft.metadata.summaries)
    forms = [fold(each) for each in named if len(each) <= 2 * LONGEST]
    whole = max((form for form in forms if form.startswith(text)), key=len, default=text)
    taken = [paragraph]
    for below in draft.paragraphs[draft.paragraphs.index(paragraph) + 1 :][:_BELOW]:
        text = f"{text} {fold(draft.text_of(below))}"
        if not whole.startswith(text):
            break
        taken.append(below)
    return tuple(taken)


def list_candidates(draft: Draft, headline: Paragraph) -> list[tuple[Paragraph, dict[str, float]]]:
    """List the paragraphs that can be the standfirst, each with the signs that speak for and against it."""
    place = draft.paragraphs.index(headline)
    title = list_words(draft.text_of(headline))
    body = list_words(" ".join(draft.text_of(each) for each in draft.undecided() if each > headline)[:4000])
    stated = [fold(each) for each in draft.metadata.summaries]
    marked = [fold(each) for each in draft.metadata.standfirsts]
    headings = [
        fold(each) for each in (*draft.metadata.headings[:_NAMED], *draft.metadata.headlines[:_NAMED])
    ]
    about = {
        place + 1 + at: is_about_line(draft, each)
        for at, each in enumerate(draft.paragraphs[place + 1 : place + 4 + _BELOW])
    }
    found = []
    prose = 0
    for index in range(place + 1, min(place + 1 + _BELOW, len(draft.paragraphs))):
        paragraph = draft.paragraphs[index]
        text = draft.text_of(paragraph)
        folded = fold(text) if headings or stated or marked else ""
        is_stated, is_marked = _is_one_of(folded, stated), _is_one_of(folded, marked)
        can_open = is_marked or about.get(index + 1, False)
        if _can_be(draft, paragraph, text, can_open=can_open) and not any(
            overlap(folded, each) >= _SAME for each in headings
        ):
            signs = _describe(draft, place, index, about)
            words = list_words(text)
            signs["as_headline"] = len(words & title) / len(words) if words else 0.0
            signs["share"] = len(words & body) / len(words) if words else 0.0
            signs["after_prose"] = float(prose)
            signs["stated"] = is_stated
            signs["marked"] = is_marked
            signs["stated_next"] = is_stated and bool(signs["next"])
            if _is_parted(draft, index, signs):
                found.append((paragraph, signs))
        if draft.line(paragraph[0]).role is Role.UNDECIDED and weigh(text) >= _PROSE and ends_sentence(text):
            prose += 1
            if prose > 1:
                break
    return found


def _is_one_of(folded: str, forms: list[str]) -> bool:
    """Tell whether a line is one of these texts, or begins one."""
    return any(overlap(folded, each) >= _SAME or each.startswith(folded) for each in forms)


def _can_be(draft: Draft, paragraph: Paragraph, text: str, *, can_open: bool) -> bool:
    line = draft.line(paragraph[0])
    if not SHORTEST <= weigh(text) <= LONGEST:
        return False
    if parse_opening(text) and not can_open:
        return False  # the story begins
    if weigh(text) < _PROSE and not ends_sentence(text) and _is_dated(text):
        return False  # a timestamp in a form that is not known
    if line.role is Role.REMOVED:
        return line.reason in CONTEXTUAL and not FURNITURE.match(text)
    return line.role in (Role.UNDECIDED, Role.STANDFIRST)


def _is_parted(draft: Draft, index: int, signs: dict[str, float]) -> bool:
    """Tell whether something parts a line from the body below: else it is as likely its first paragraph."""
    if not signs["kept"]:
        return True  # the labeller parted it
    has_body = any(draft.line(each[0]).role is Role.UNDECIDED for each in draft.paragraphs[index + 1 :])
    return has_body and any(signs[name] for name in _PARTS)


def _describe(draft: Draft, place: int, index: int, about: dict[int, bool]) -> dict[str, float]:
    """Say what speaks for and against a line; the names are those of the weights."""
    paragraphs = draft.paragraphs
    text = draft.text_of(paragraphs[index])
    weight = weigh(text)
    role = draft.line(paragraphs[index][0]).role
    below = paragraphs[index + 1 : index + 4]
    roles = [draft.line(each[0]).role for each in below]
    kept = [draft.text_of(each) for each in below if draft.line(each[0]).role is Role.UNDECIDED]
    following = weigh(kept[0]) if kept else 0.0
    gap_above = paragraphs[index][0] - paragraphs[index - 1][-1] > 1
    gap_below = index + 1 < len(paragraphs) and paragraphs[index + 1][0] - paragraphs[index][-1] > 1
    is_html = draft.hints.content_type == "text/html"
    return {
        "some": 1.0,
        "some_in_html": is_html,
        "next": index == place + 1,
        "second": index == place + 2,
        "offset": (index - place) / _BELOW,
        "labelled": role is Role.STANDFIRST,
        "kept": role is Role.UNDECIDED,
        "length": min(weight, 200) / 200,
        "excess": max(0.0, weight - 250) / 200,
        "short": weight < 45,
        "sentence": ends_sentence(text),
        "about_above": any(about[at] for at in range(place + 1, index)),
        "about_next": about.get(index + 1, False),
        "about_below": any(about.get(at, False) for at in range(index + 1, index + 4)),
        "caption_next": roles[:1] != [] and roles[0] in _BESIDE,
        "caption_below": any(each in _BESIDE for each in roles),
        "caption_above": any(draft.line(paragraphs[at][0]).role in _BESIDE for at in range(place + 1, index)),
        "opening": parse_opening(text) is not None,
        "opening_below": bool(kept) and following >= _LABEL and parse_opening(kept[0]) is not None,
        "set_apart": _is_set_apart(draft, index),
        "strong": _is_strong(draft, paragraphs[index]),
        "label_next": roles[:1] == [Role.UNDECIDED] and following < _LABEL and not ends_sentence(kept[0]),
        "place_next": roles[:1] == [Role.UNDECIDED] and following < _LABEL and is_city(kept[0].strip(" .:")),
        "kept_next": roles[:1] == [Role.UNDECIDED],
        "parted": roles[:1] == [Role.REMOVED],
        "prose_below": following >= _PROSE,
        "shorter": weight < 0.7 * following,
        "gap_above": gap_above,
        "gap_below": gap_below,
        "gaps_differ": gap_above != gap_below,
        "caption": is_caption(text),
        "quotes": text[0] in '"“„«»‘「',
    }


def _find_mark(draft: Draft, paragraph: Paragraph) -> Mark | None:
    return draft.marks[paragraph[0] - 1] if draft.marks else None


def _is_set_apart(draft: Draft, index: int) -> bool:
    """Tell whether a line of HTML stands in another kind of element than the lines kept below it, which stand
    in one kind.
    """
    mark = _find_mark(draft, draft.paragraphs[index])
    if mark is None:
        return False
    below = draft.paragraphs[index + 1 : index + 1 + _BELOW]
    kept = [each for each in below if draft.line(each[0]).role is Role.UNDECIDED]
    kinds = [_kind(body.block) for each in kept[:2] if (body := _find_mark(draft, each))]
    return len(kinds) == 2 and kinds[0] == kinds[1] != _kind(mark.block)


def _kind(element: Element) -> tuple[str, ...]:
    parent = element.parent
    above = (parent.tag, parent.attributes) if parent else ()
    return (element.tag, element.attributes, *above)


def _is_strong(draft: Draft, paragraph: Paragraph) -> bool:
    mark = _find_mark(draft, paragraph)
    return mark is not None and mark.strong >= _STRONG * len(draft.text_of(paragraph))


def _is_dated(text: str) -> bool:
    if not has_digit(text):
        return False
    found = parse_date(text)
    return found is not None and found[0].year is not None
