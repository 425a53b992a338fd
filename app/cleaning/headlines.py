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
from app.cleaning.titles import choose_headline, find_stated

_LONGEST = 220
_SITE = re.compile(r"\s[|–—-]\s([^|–—]{2,40})$")


def find_headline(draft: Draft) -> Draft:
    """Take the first line of the article as its headline, unless it reads like a paragraph.

    Cuts the name of the site off if the caller names it or another line of the page carries the headline
    without it.
    """
    paragraphs = draft.undecided()
    stated = find_stated(draft)
    if stated:
        return _take_stated(draft, *stated)
    if draft.metadata.headlines:
        draft = draft.with_warning(Warning_.HEADLINE_DIFFERS)
    chosen = choose_headline(draft)
    if chosen and paragraphs and chosen != paragraphs[0] and _is_headline(draft, chosen):
        return _take_chosen(draft, chosen)
    if len(paragraphs) > 2 and _is_label_of(draft, paragraphs[0], paragraphs[1]):
        draft = replace(draft.with_role(paragraphs[0], Role.KICKER), kicker=draft.text_of(paragraphs[0]))
        paragraphs = paragraphs[1:]
    if len(paragraphs) < 2 or not _is_headline(draft, paragraphs[0]):
        return draft.with_warning(Warning_.NO_HEADLINE) if paragraphs else draft
    headline = paragraphs[0]
    draft = _cut_site_name(draft.with_role(headline, Role.HEADLINE), headline)
    draft = replace(draft, headline=draft.text_of(headline))
    return _find_standfirst(draft, headline, paragraphs[1:])


def _take_stated(draft: Draft, headline: Paragraph, text: str) -> Draft:
    """Take the headline that the markup states and a line of the page prints, whole or beside its kicker."""
    draft = _take_chosen(draft, headline)
    printed = draft.text_of(headline)
    if fold(printed) == fold(text):
        return draft
    kicker = printed.removesuffix(text).rstrip(" :|–—-") if printed.endswith(text) else None
    return replace(draft, headline=text, kicker=draft.kicker or kicker or None)


def _take_chosen(draft: Draft, headline: Paragraph) -> Draft:
    """Take a line as headline that is not the first of the article; what is kept above it is its kicker."""
    above = [each for each in draft.undecided() if each < headline]
    if above and _is_label_of(draft, above[-1], headline):
        draft = replace(draft.with_role(above[-1], Role.KICKER), kicker=draft.text_of(above[-1]))
    draft = mark_kept(draft, headline, Role.HEADLINE)
    if draft.line(headline[0]).role is Role.HEADLINE:
        draft = _cut_site_name(draft, headline)
    draft = replace(draft, headline=draft.text_of(headline))
    return _find_standfirst(draft, headline, [each for each in draft.undecided() if each > headline])


def _is_label_of(draft: Draft, label: Paragraph, headline: Paragraph) -> bool:
    """Tell whether a line is the kicker of the next: the labeller keeps no other label above a headline."""
    text, below = draft.text_of(label), draft.text_of(headline)
    if ends_sentence(text) or parse_opening(below):
        return False
    return weigh(text) <= LONGEST_KICKER and weigh(below) > weigh(text)


def _is_headline(draft: Draft, paragraph: Paragraph) -> bool:
    text = draft.text_of(paragraph)
    weight = weigh(text)
    if weight > _LONGEST or parse_opening(text):
        return False
    return not ends_sentence(text) or (weight < 120 and text[-1] in "?!？！…”\"’'」)]") or weight < 60


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


def _find_standfirst(draft: Draft, headline: Paragraph, rest: list[Paragraph]) -> Draft:
    """Take the labeller's standfirst, or the line under the headline if something parts it from the body."""
    labelled = [each for each in draft.paragraphs if draft.line(each[0]).role is Role.STANDFIRST]
    if labelled:
        return replace(draft, standfirst=draft.text_of(labelled[0]))
    if len(rest) < 2:
        return draft
    first, second = rest[0], rest[1]
    text = draft.text_of(first)
    introduced = any(
        draft.line(number).role in (Role.BYLINE, Role.TIMESTAMP, Role.CAPTION)
        for number in range(first[-1] + 1, second[0])
    )
    before = any(
        draft.line(number).role in (Role.BYLINE, Role.TIMESTAMP)
        for number in range(headline[-1] + 1, first[0])
    )
    if introduced and not before and 40 <= weigh(text) <= 350:
        return replace(draft.with_role(first, Role.STANDFIRST), standfirst=text)
    return draft
