"""The headline, and what stands around it."""

from __future__ import annotations

import re
from dataclasses import replace

from app.cleaning.datelines import parse_opening
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.introductions import mark_kept
from app.cleaning.leads import LONGEST_KICKER
from app.cleaning.ledger import EditReason, Role, Warning_
from app.cleaning.measures import ends_sentence, fold, weigh
from app.cleaning.points import find_points
from app.cleaning.standfirsts import choose_standfirst
from app.cleaning.titles import choose_headline, find_stated

_LONGEST = 220
_SENTENCE, _LONGEST_SENTENCE = 60.0, 120.0  # letters from which a sentence is a paragraph, or can be one
_SHORTEST = 12.0  # letters of a headline behind a trail
# "HomeSportFerries return": a capital letter behind three small ones begins what was a link of its own.
_GLUED_TRAIL = re.compile(
    r"(?:Home|Startseite|Accueil|Inicio)(?:(?=[A-ZÀ-Þ])[^.!?:|]{2,30}?[a-zß-ÿ]{3}(?=[A-ZÀ-Þ]))+"
)
_BREAKS_OFF = (",", ";", "，", "、")  # a line of a sentence that goes on
_SITE = re.compile(r"\s[|–—-]\s([^|–—]{2,40})$")


def find_headline(draft: Draft) -> Draft:
    """Take the line that is likeliest the headline, unless it reads like a paragraph.

    What the markup states wins if the page prints it. Cuts the name of the site off if the caller or the
    markup names it, or if another line of the page carries the headline without it.
    """
    paragraphs = draft.undecided()
    stated = find_stated(draft)
    if stated:
        return _take_stated(draft, *stated)
    if draft.metadata.headlines:
        draft = draft.with_warning(Warning_.HEADLINE_DIFFERS)
    chosen = choose_headline(draft)
    if chosen is None or len(paragraphs) < 2 or not _is_headline(draft, chosen):
        return draft.with_warning(Warning_.NO_HEADLINE) if paragraphs else draft
    return _leave_trail(_take_chosen(draft, chosen))


def _take_stated(draft: Draft, headline: Paragraph, text: str) -> Draft:
    """Take the headline that the markup states and a line of the page prints, whole or beside its kicker."""
    draft = _take_chosen(draft, headline)
    printed = draft.text_of(headline)
    if fold(printed) == fold(text):
        return draft
    kicker = printed.removesuffix(text).rstrip(" :|–—-") if printed.endswith(text) else None
    return replace(draft, headline=text, kicker=draft.kicker or kicker or None)


def _take_chosen(draft: Draft, headline: Paragraph) -> Draft:
    """Take a line as headline; a label that is kept right above it is its kicker."""
    above = [each for each in draft.undecided() if each < headline]
    if above and _is_label_of(draft, above[-1], headline):
        draft = replace(draft.with_role(above[-1], Role.KICKER), kicker=draft.text_of(above[-1]))
    draft = mark_kept(draft, headline, Role.HEADLINE)
    if draft.line(headline[0]).role is Role.HEADLINE:
        draft = _cut_site_name(draft, headline)
    draft = replace(draft, headline=draft.text_of(headline))
    return _find_standfirst(draft, headline)


def _leave_trail(draft: Draft) -> Draft:
    """Cut a trail off that stands before the headline on its line without anything that parts them."""
    printed = draft.headline or ""
    trail = _GLUED_TRAIL.match(printed)
    if trail and weigh(printed[trail.end() :]) >= _SHORTEST:
        return replace(draft, headline=printed[trail.end() :])
    return draft


def _is_label_of(draft: Draft, label: Paragraph, headline: Paragraph) -> bool:
    """Tell whether a line is the kicker of the next: the labeller keeps no other label above a headline."""
    text, below = draft.text_of(label), draft.text_of(headline)
    if ends_sentence(text) or parse_opening(below):
        return False
    return weigh(text) <= LONGEST_KICKER and weigh(below) > weigh(text)


def _is_headline(draft: Draft, paragraph: Paragraph) -> bool:
    """Tell whether a line is no paragraph: it is short, or no sentence, or parted from the body below it."""
    text = draft.text_of(paragraph)
    weight = weigh(text)
    if weight > _LONGEST or text.endswith(_BREAKS_OFF) or parse_opening(text):
        return False
    if not ends_sentence(text) or weight < _SENTENCE:
        return True
    if weight >= _LONGEST_SENTENCE:
        return False
    place = draft.paragraphs.index(paragraph) + 1
    is_parted = place < len(draft.paragraphs) and (
        draft.line(draft.paragraphs[place][0]).role is not Role.UNDECIDED
    )
    return text[-1] in "?!？！…”\"’'」)]" or is_parted


def _cut_site_name(draft: Draft, headline: Paragraph) -> Draft:
    text = draft.text_of(headline)
    site = _SITE.search(text)
    if site is None or len(headline) > 1:
        return draft
    bare = text[: site.start()].rstrip()
    source = draft.hints.source or ""
    named = site[1].strip().casefold() in (source.casefold(), (draft.metadata.site or "").casefold())
    repeated = any(line.text == bare for line in draft.lines if line.number != headline[0])
    if not (named or repeated):
        return draft
    return draft.with_edit(headline[0], bare, EditReason.SITE_NAME_CUT)


def _find_standfirst(draft: Draft, headline: Paragraph) -> Draft:
    """Take the lines that are likeliest the standfirst; what else the labeller took for it is a paragraph."""
    chosen = choose_standfirst(draft, headline) or find_points(draft, headline)
    labelled = [each for each in draft.paragraphs if draft.line(each[0]).role is Role.STANDFIRST]
    for each in labelled:
        draft = draft.with_role(each, Role.UNDECIDED)
    for each in chosen:
        draft = mark_kept(draft, each, Role.STANDFIRST)
    return replace(draft, standfirst="\n".join(map(draft.text_of, chosen)) or None)
