"""Which lines are the article: the rule-based labeller.

Three kinds of knowledge, from certain to contextual. Rules name furniture wherever it stands. Each other line
has a score that depends on nothing but its own text: prose counts for the article, labels against it; the
article is the contiguous run of lines with the highest sum. Before the run, only what introduces an article
is kept (headline, standfirst, byline, timestamp, caption); inside it, rows of labels go.

Cleaning an article again must remove nothing. So what is left is labelled again, until nothing more goes; the
labeller reads texts, and of the gaps between them only that a label stands alone, as every line of an article
that is laid out does; so a second cleaning starts where the first ended. The run of
highest sum of what is left is all of it (no beginning or end of such a run sums below zero, and what went
from its inside counted against it), so this nearly always ends after the second pass. Text that never
settles is no article.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.cleaning.bylines import is_byline
from app.cleaning.captions import is_caption, parse_caption
from app.cleaning.counters import REASONS, read_counter
from app.cleaning.datelines import parse_opening
from app.cleaning.draft import Draft
from app.cleaning.furniture_english import ENGLISH
from app.cleaning.furniture_other import OTHER_LANGUAGES
from app.cleaning.leads import SHORTEST_HEADLINE, Reading, choose_headline, is_kicker
from app.cleaning.ledger import Line, Reason, Role, Warning_
from app.cleaning.measures import ends_sentence, weigh
from app.cleaning.notes import is_note
from app.cleaning.rules import compile_rules
from app.cleaning.timestamps import is_timestamp

FURNITURE = compile_rules(ENGLISH, OTHER_LANGUAGES)

PASSES = 8  # of 2,786 real pages 96 % settle within two and the rest in three
LONG = 80.0  # letters: a line that long is prose, whatever ends it
FULL_SCORE = 400.0  # letters beyond which a paragraph counts no more
SENTENCE = 25.0  # letters from which a line that ends like a sentence is one
SENTENCE_SCORE = 0.4
LABEL_SCORE = -0.6
FURNITURE_SCORE = -1.0
CLOSING_SCORE = -6.0  # what follows is prose of other people: it must not join the article
CLOSING = frozenset({Reason.AUTHOR_BIO, Reason.COMMENTS})
ROW = 3  # labels in a row are a list of links; fewer can be subheads
LEAST_SENTENCE = 40.0  # letters that one sentence needs to be an article
LONGEST_NAME = 35.0  # letters of the name of a section, which a menu holds


def read_text(text: str) -> Reading:
    """Judge a text alone.

    >>> read_text("Related Articles").reason.value, read_text("Rain fell all night on the valley.").score
    ('related-links', 0.4)
    """
    weight = weigh(text)
    metric = read_counter(text)
    if metric:
        return Reading(text, weight, FURNITURE_SCORE, REASONS[metric.kind])
    rule = FURNITURE.match(text)
    if rule:
        score = CLOSING_SCORE if rule.opens and rule.reason in CLOSING else FURNITURE_SCORE
        return Reading(text, weight, score, rule.reason, rule.opens)
    if is_timestamp(text) or is_byline(text):
        return Reading(text, weight, LABEL_SCORE, introduces=True)
    if is_caption(text):
        return Reading(text, weight, -0.01, introduces=True)
    if weight < LONG and parse_caption(text):
        # "(AP)" at its end: a caption, or the last words of a story, but no headline.
        return Reading(text, weight, 0.01, introduces=True)
    if is_note(text):
        return Reading(text, weight, 0.3)
    score = _score(text, weight)
    if parse_opening(text):
        return Reading(text, weight, max(score, SENTENCE_SCORE), opens_story=True)
    return Reading(text, weight, score)


def _score(text: str, weight: float) -> float:
    sentence = ends_sentence(text)
    if weight >= LONG:
        return min(weight, FULL_SCORE) / 100 * (1.0 if sentence else 0.6)
    if sentence and weight >= SENTENCE:
        return SENTENCE_SCORE
    return 0.0 if text[:1] in '"“„«「『•-*–—' or sentence else LABEL_SCORE


def find_run(scores: Sequence[float]) -> tuple[int, int]:
    """Return the contiguous part with the highest sum, the first of the longest ones.

    >>> find_run([-1, 2, -0.5, 3, -4, 1])
    (1, 4)
    """
    best = (0.0, 0, 0)
    total, start = 0.0, 0
    for index, score in enumerate(scores):
        if total <= 0:
            total, start = 0.0, index
        total += score
        if total > best[0]:
            best = (total, start, index + 1)
    return best[1], best[2]


def label_lines(draft: Draft) -> Draft:
    """Remove the lines that are not the article, each with its reason, and leave the others undecided.

    Leaves empty lines alone. If no line reads like a sentence, there is no article and every line goes.
    """
    readings = _read_paragraphs(draft)
    reasons: dict[int, Reason] = {}
    left = list(range(len(readings)))
    for _ in range(PASSES):
        removed = _label_once([readings[index] for index in left])
        reasons.update({left[position]: reason for position, reason in removed.items()})
        left = [index for position, index in enumerate(left) if position not in removed]
        if not removed:
            break
    else:
        reasons.update(dict.fromkeys(left, Reason.OUTSIDE_ARTICLE))
        left = []
    draft = draft.with_lines(_removed_lines(draft, reasons))
    return draft if left else draft.with_warning(Warning_.NO_ARTICLE)


def _read_paragraphs(draft: Draft) -> list[Reading]:
    known: dict[str, Reading] = {}
    readings = []
    for paragraph in draft.paragraphs:
        text = draft.text_of(paragraph)
        reading = known.get(text) or known.setdefault(text, read_text(text))
        is_alone = _is_gap(draft, paragraph[0] - 1) and _is_gap(draft, paragraph[-1] + 1)
        readings.append(replace(reading, is_alone=True) if is_alone else reading)
    return readings


def _is_gap(draft: Draft, number: int) -> bool:
    return not 1 <= number <= len(draft.lines) or draft.line(number).role is Role.BLANK


def _removed_lines(draft: Draft, reasons: dict[int, Reason]) -> list[Line]:
    return [
        Line(number, draft.line(number).text, Role.REMOVED, reason)
        for index, reason in reasons.items()
        for number in draft.paragraphs[index]
    ]


def _label_once(readings: list[Reading]) -> dict[int, Reason]:
    """Return the positions to remove; none if all of them are an article."""
    start, end = find_run([each.score for each in readings])
    if not any(_is_sentence(each) for each in readings[start:end]):
        start = end = len(readings)
    listed = _list_entries(readings, start, end)
    kept = _keep_lead(readings, start) | _keep_run(readings, start, end, listed) | _keep_notes(readings, end)
    if start == len(readings):
        kept = set()
    removed: dict[int, Reason] = {}
    seen: set[str] = set()
    for index, each in enumerate(readings):
        if each.reason:
            removed[index] = each.reason
        elif index not in kept:
            removed[index] = listed.get(index) or _name_outside(each)
        elif each.text in seen and each.weight >= SHORTEST_HEADLINE:
            removed[index] = Reason.REPEATED
        else:
            seen.add(each.text)
    for index, each in enumerate(readings):
        if index not in kept and not each.reason and each.text in seen and each.weight >= SHORTEST_HEADLINE:
            removed[index] = Reason.REPEATED
    return removed


def _is_sentence(reading: Reading) -> bool:
    if reading.introduces or reading.reason:
        return False
    return reading.weight >= LONG or (reading.weight >= LEAST_SENTENCE and ends_sentence(reading.text))


def _name_outside(reading: Reading) -> Reason:
    """Name what stands outside the article and in no list: the name of a section, or something longer."""
    if reading.weight <= LONGEST_NAME and not ends_sentence(reading.text) and not reading.introduces:
        return Reason.NAVIGATION
    return Reason.OUTSIDE_ARTICLE


def _list_entries(readings: list[Reading], start: int, end: int) -> dict[int, Reason]:
    """Name the entries of lists that have a heading, such as "Related articles".

    Inside the article such a list ends with the first line that counts for the article.
    """
    entries: dict[int, Reason] = {}
    heading: Reason | None = None
    for index, each in enumerate(readings):
        if each.reason:
            heading = each.reason if each.opens or each.reason is heading else None
        elif start <= index < end and each.score > LABEL_SCORE:
            heading = None
        elif heading:
            entries[index] = heading
    return entries


def _keep_lead(readings: list[Reading], start: int) -> set[int]:
    """Keep what introduces the article: from the headline on, what is no label."""
    headline = choose_headline(readings, start)
    kept = set(range(max(0, headline - 1), headline)) if is_kicker(readings, headline) else set()
    for index in range(headline, start):
        each = readings[index]
        if index == headline or each.introduces or each.score > LABEL_SCORE or each.weight >= LONGEST_NAME:
            kept.add(index)
    return kept


def _keep_run(readings: list[Reading], start: int, end: int, listed: dict[int, Reason]) -> set[int]:
    """Keep the run without its rows of labels."""
    kept: set[int] = set()
    row: list[int] = []
    for index in range(start, end):
        each = readings[index]
        if each.reason or index in listed:
            continue
        if each.score <= LABEL_SCORE and not each.introduces:
            row.append(index)
            continue
        if len(row) < ROW:
            kept.update(row)
        row = []
        kept.add(index)
    return kept


def _keep_notes(readings: list[Reading], end: int) -> set[int]:
    """Keep the notes that follow the run; furniture may stand between."""
    kept: set[int] = set()
    for index in range(end, len(readings)):
        if is_note(readings[index].text):
            kept.add(index)
        elif not readings[index].reason:
            break
    return kept
