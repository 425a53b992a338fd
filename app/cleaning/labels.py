"""Which lines are the article.

Two judges. The *model* (trees.py) says of every line how likely it is a part of the body, from its words, its
neighbourhood and its page (features.py). The *sweep* knows only what is certain: rules name furniture
wherever it stands, what was printed before is a repetition, another article begins with a title, a byline and
a date of its own, and labels before all prose are not the article, nor are those after it. In a text that is
laid out, where every line stands alone, those after it are, and bylines and timestamps before it.

Cleaning an article again must remove nothing. So a text in which the sweep finds nothing to remove is left
alone, whatever the model thinks of it; and what the model leaves of any other text is swept, as it will be
laid out, until the sweep finds nothing more: a second cleaning starts where the first ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.cleaning.captions import parse_caption
from app.cleaning.draft import Draft
from app.cleaning.elements import Mark
from app.cleaning.features import describe_page, is_prose
from app.cleaning.leads import SHORTEST_HEADLINE, Kind, Reading, choose_headline, is_kicker
from app.cleaning.ledger import Line, Reason, Role, Warning_
from app.cleaning.markup_features import describe_marks, find_marks, weigh_names
from app.cleaning.measures import ends_sentence
from app.cleaning.quality import choose_threshold, estimate_quality
from app.cleaning.readings import LABEL_SCORE, LONG, find_run, read_paragraphs
from app.cleaning.shapes import (
    HEAD,
    find_entries,
    find_next_article,
    find_rows,
    is_headed,
    list_entry_lines,
)
from app.cleaning.trees import LineModel, load_model

PASSES = (
    8  # of 2,786 real pages 96 % settled within two and the rest in three; text that never settles is none
)
LENIENT_SCORE = -0.1  # of a label, for the sweep: rows of labels inside an article are the model's affair
LEAST_SENTENCE = 40.0  # letters that one sentence needs to be an article
LONGEST_NAME = 35.0  # letters of the name of a section, which a menu holds
OTHER_ARTICLE, OTHER_GAP = 600.0, 2  # letters of the paragraphs of another article; lines between two
INNER = 0.18  # chance from which a subhead inside the body belongs to it
LIKELY = 0.3  # chance from which prose belongs to the body close behind it (of text), or above it
SUBHEAD = 45.0  # letters of a line that one paragraph above and one below make a subhead
SURE = 0.8  # chance from which a label is a part of the body wherever it stands
COPIES, SHORTEST_COPIED = 2, 30.0  # a label printed more often is a button; letters from which it is none
EVEN = 0.55  # chance from which two such lines may follow each other
BEHIND = 5  # lines close behind the body, besides those that rules name
LEAD = 3  # paragraphs of the body among which bylines and timestamps can stand
SHORT_PAGE = 15  # lines: on a page that short the sweep decides if the model finds nothing
STANDFIRST = 350.0  # letters a standfirst can have


def label_lines(draft: Draft) -> Draft:
    """Remove the lines that are not the article, each with its reason, and leave the others undecided.

    Leaves empty lines alone. If no line reads like a sentence, there is no article and every line goes.
    """
    readings = read_paragraphs(draft)
    marks = find_marks(draft)
    model = load_model().of_page(is_html=bool(marks))
    chances = _judge(readings, marks, draft.metadata.body, model)
    reasons = _sweep(readings)
    body: set[int] = set(range(len(readings)))
    standfirst = None
    entries = find_entries(readings)
    if reasons:
        chosen, kept, standfirst = _choose_lines(readings, chances, entries, is_html=bool(marks))
        if kept or len(readings) > SHORT_PAGE:
            reasons = _name_reasons(readings, kept)
            body = chosen
    left = [index for index in range(len(readings)) if index not in reasons]
    laid_out = {index: readings[index].between(1, 1) for index in left}
    for _ in range(PASSES):
        removed = _sweep([laid_out[index] for index in left])
        reasons.update({left[position]: reason for position, reason in removed.items()})
        left = [index for position, index in enumerate(left) if position not in removed]
        if not removed:
            break
    else:
        reasons.update(dict.fromkeys(left, Reason.OUTSIDE_ARTICLE))
        left = []
    draft = draft.with_lines(_removed_lines(draft, reasons))
    if not left:
        return draft.with_warning(Warning_.NO_ARTICLE)
    if standfirst in left:
        draft = draft.with_role(draft.paragraphs[standfirst], Role.STANDFIRST)
    clocks = {clock for clock, _ in entries}.intersection(left)
    draft = draft.with_roles(
        {number: Role.TIMESTAMP for clock in clocks for number in draft.paragraphs[clock]}
    )
    return replace(
        draft,
        readings=tuple(readings),
        besides=frozenset(
            draft.paragraphs[index]
            for index in left
            if index not in body and not (chances[index] >= LIKELY and is_prose(readings[index]))
        ),
        quality=estimate_quality(readings, chances, set(left), model.calibration),
    )


def drop_besides(draft: Draft) -> Draft:
    """Remove the lines that were kept for what they could say of the article, and in which nothing was found.

    Leaves them alone if the sweep would then find more to remove, for a second cleaning would do so.
    """
    unread = {each for each in draft.undecided() if each in draft.besides}
    if not unread:
        return draft
    left, dropped = [], {}
    for index, paragraph in enumerate(draft.paragraphs):
        if paragraph in unread:
            dropped[index] = _name_outside(draft.readings[index])
        elif draft.line(paragraph[0]).role is not Role.REMOVED:
            left.append(draft.readings[index].between(1, 1))
    return draft if _sweep(left) else draft.with_lines(_removed_lines(draft, dropped))


def _judge(readings: Sequence[Reading], marks: Sequence[Mark], stated: str, model: LineModel) -> list[float]:
    """Return how likely each line is a part of the body."""
    if not readings:
        return []
    rows = describe_page(readings, find_run([each.score for each in readings]), model.weigh_words)
    if model.names:
        marked = describe_marks(marks, readings, weigh_names(marks, model.names), stated)
        rows = [row and row + more for row, more in zip(rows, marked, strict=True)]
    return [0.0 if row is None else model.judge(row) for row in rows]


def _removed_lines(draft: Draft, reasons: dict[int, Reason]) -> list[Line]:
    return [
        Line(number, draft.line(number).text, Role.REMOVED, reason)
        for index, reason in reasons.items()
        for number in draft.paragraphs[index]
    ]


def _choose_lines(
    readings: list[Reading], chances: Sequence[float], entries: Sequence[tuple[int, int]], *, is_html: bool
) -> tuple[set[int], set[int], int | None]:
    """Return the positions of the lines that the model takes for the body, of these and all that belongs to
    the article, and of its standfirst.
    """
    threshold = choose_threshold(readings, chances)
    open_lines = [index for index, each in enumerate(readings) if not each.reason and not each.introduces]
    copies = Counter(each.text for each in readings)
    body = []
    for index in open_lines:
        each = readings[index]
        is_label = each.score <= LABEL_SCORE and each.weight <= SUBHEAD
        if is_label and each.weight < SHORTEST_COPIED and copies[each.text] > COPIES:
            continue
        if chances[index] >= (SURE if is_label or _is_first_entry(readings, index) else threshold):
            body.append(index)
    body = sorted({*body, *list_entry_lines(readings, entries)})
    if not any(_is_sentence(readings[index]) for index in body):
        return set(), set(), None
    body = _fill_holes(readings, chances, open_lines, body)
    if not is_html:  # there the model is surer of what ends an article
        body += _list_likely(readings, chances, body[-1])
    body = sorted({*body, *find_rows(readings, body)})
    following = find_next_article(readings, body)
    body = [index for index in body if following is None or index < following]
    start, end = body[0], body[-1] + 1
    kept, standfirst = _keep_introduction(readings, start)
    kept.update(body)
    kept.update(clock for clock, _ in entries)
    kept.update(index for index in range(start, end) if readings[index].kind in (Kind.CAPTION, Kind.NOTE))
    kept.update(index for index in range(start, body[:LEAD][-1]) if readings[index].introduces)
    return set(body), kept | _keep_notes(readings, end), standfirst


def _is_first_entry(readings: Sequence[Reading], index: int) -> bool:
    """Tell whether a line is a label right below the heading of a list, such as "Related articles"."""
    is_below = index > 0 and readings[index - 1].opens
    return is_below and readings[index].score <= LABEL_SCORE


def _fill_holes(
    readings: Sequence[Reading], chances: Sequence[float], open_lines: list[int], body: list[int]
) -> list[int]:
    """Add lines that the body surrounds, subheads above all."""
    sure, chosen = set(body), set(body)
    copies = Counter(each.text for each in readings)
    for place, index in enumerate(open_lines):
        chance = chances[index]
        if body[0] < index < body[-1]:
            reach = 1 if chance < EVEN else 2
            beside = open_lines[max(0, place - reach) : place], open_lines[place + 1 : place + 1 + reach]
            if _is_first_entry(readings, index):
                continue
            is_possible = chance >= EVEN or (chance >= INNER and readings[index].weight <= SUBHEAD)
            is_possible = is_possible and copies[readings[index].text] == 1
            if is_possible and all(sure.intersection(lines) for lines in beside):
                chosen.add(index)
    return sorted(chosen)


def _list_likely(readings: Sequence[Reading], chances: Sequence[float], end: int) -> list[int]:
    """List likely paragraphs close behind the end of the body, each close behind the last."""
    found: list[int] = []
    between = 0
    for index in range(end + 1, len(readings)):
        between += readings[index].reason is None
        if between > BEHIND:
            break
        if chances[index] >= LIKELY and is_prose(readings[index]):
            found.append(index)
            between = 0
    return found


def _keep_introduction(readings: list[Reading], start: int) -> tuple[set[int], int | None]:
    """Keep what introduces the body: headline, kicker, standfirst, byline, timestamp, captions."""
    headline = choose_headline(readings, start)
    kept = {headline - 1} if is_kicker(readings, headline) else set()
    standfirst = None
    for index in range(headline, start):
        each = readings[index]
        if index == headline or each.introduces or parse_caption(each.text):
            kept.add(index)
        elif standfirst is None and _is_standfirst(each, readings[headline]):
            standfirst = index
            kept.add(index)
    return kept, standfirst


def _is_standfirst(reading: Reading, headline: Reading) -> bool:
    if reading.reason or reading.text == headline.text or reading.weight > STANDFIRST:
        return False
    if parse_caption(reading.text):
        return False
    return reading.weight >= LONG or (reading.weight >= LEAST_SENTENCE and ends_sentence(reading.text))


def _name_reasons(readings: list[Reading], kept: set[int]) -> dict[int, Reason]:
    """Say why each line that is not kept, and each repetition, is removed."""
    listed = {**_find_other_articles(readings, kept), **_list_entries(readings, kept)}
    removed: dict[int, Reason] = {}
    seen = {readings[index].text for index in kept}
    for index, each in enumerate(readings):
        if each.reason:
            removed[index] = each.reason
        elif index not in kept:
            is_copy = each.text in seen and each.weight >= SHORTEST_HEADLINE
            removed[index] = Reason.REPEATED if is_copy else listed.get(index) or _name_outside(each)
    return removed


def _find_other_articles(readings: list[Reading], kept: set[int]) -> dict[int, Reason]:
    """Name paragraphs that follow each other outside the article, as those of another one do."""
    found: dict[int, Reason] = {}
    group: list[int] = []
    for index in range(len(readings) + 1):
        is_over = index == len(readings) or index in kept or readings[index].reason is not None
        if is_over or (group and index - group[-1] > OTHER_GAP):
            head = HEAD if group and is_headed(readings, group[0]) else 0
            if len(group) > 1 and (head or sum(readings[at].weight for at in group) >= OTHER_ARTICLE):
                found.update(dict.fromkeys(range(group[0] - head, group[-1] + 1), Reason.OTHER_ARTICLE))
            group = []
        if not is_over and is_prose(readings[index]):
            group.append(index)
    return found


def _sweep(readings: list[Reading]) -> dict[int, Reason]:
    """Return the positions that certainly do not belong to an article; none if all of them are one."""
    start, end = find_run([LENIENT_SCORE if each.score == LABEL_SCORE else each.score for each in readings])
    is_laid_out = all(each.is_alone for each in readings)
    if not any(_is_sentence(each) for each in readings[start:end]):
        start = end = len(readings)
    elif is_laid_out:
        start = next(index for index, each in enumerate(readings) if _is_sentence(each))
        end = len(readings)
    kept = _keep_lead(readings, start) | set(range(start, end)) | _keep_notes(readings, end)
    if is_laid_out:  # there bylines and timestamps may stand above the headline
        kept.update(index for index in range(start) if readings[index].introduces)
    if start == len(readings):
        kept = set()
    following = find_next_article(readings, sorted(kept))
    removed: dict[int, Reason] = {}
    seen: set[str] = set()
    for index, each in enumerate(readings):
        if each.reason:
            removed[index] = each.reason
        elif following is not None and index >= following:
            removed[index] = Reason.OTHER_ARTICLE
        elif index not in kept:
            removed[index] = _name_outside(each)
        elif each.text in seen and each.weight >= SHORTEST_HEADLINE:
            removed[index] = Reason.REPEATED
        else:
            seen.add(each.text)
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


def _list_entries(readings: list[Reading], kept: set[int]) -> dict[int, Reason]:
    """Name the entries of lists that have a heading, such as "Related articles"."""
    entries: dict[int, Reason] = {}
    heading: Reason | None = None
    for index, each in enumerate(readings):
        if each.reason:
            heading = each.reason if each.opens or each.reason is heading else None
        elif index in kept:
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


def _keep_notes(readings: list[Reading], end: int) -> set[int]:
    """Keep the notes that follow the run; furniture may stand between."""
    kept: set[int] = set()
    for index in range(end, len(readings)):
        if readings[index].kind is Kind.NOTE:
            kept.add(index)
        elif not readings[index].reason:
            break
    return kept
