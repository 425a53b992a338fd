"""The order in which a page is cleaned, at one glance.

After label_lines it is settled which lines are the article and nothing more is removed: the steps below it
only say what the kept lines are. Replacing the labeller therefore touches one step.
"""

from __future__ import annotations

from app.cleaning.article import Cleaned
from app.cleaning.authors import check_authors
from app.cleaning.byline_places import find_byline
from app.cleaning.captions import find_captions
from app.cleaning.characters import normalise_characters
from app.cleaning.counters import read_counters
from app.cleaning.datelines import find_dateline
from app.cleaning.descriptions import take_description
from app.cleaning.doubts import find_doubts
from app.cleaning.draft import NO_HINTS, Draft, Hints, Step
from app.cleaning.fingerprints import fingerprint_body
from app.cleaning.headlines import find_headline
from app.cleaning.labels import drop_besides, label_lines
from app.cleaning.languages import name_language
from app.cleaning.lines import split_lines
from app.cleaning.markup import read_markup
from app.cleaning.notes import find_notes
from app.cleaning.paragraphs import join_paragraphs
from app.cleaning.tags import find_section, read_tags
from app.cleaning.timestamps import find_timestamp
from app.cleaning.wrapping import find_paragraphs
from app.cleaning.years import infer_year

VERSION = 9  # raise it whenever the same raw text could come out differently

STEPS: tuple[Step, ...] = (
    read_markup,  # and the metadata of text/html
    split_lines,
    normalise_characters,
    find_paragraphs,  # lines that were wrapped by hand belong together
    label_lines,
    read_counters,  # counters and tags are data before they are gone
    read_tags,
    find_section,
    find_timestamp,
    find_byline,
    check_authors,  # those of the page against those of its markup
    find_captions,
    find_headline,
    find_dateline,
    find_notes,
    drop_besides,
    join_paragraphs,
    take_description,
    infer_year,
    name_language,
    fingerprint_body,
    find_doubts,
)


def clean(raw: str, hints: Hints = NO_HINTS) -> Cleaned:
    """Clean the raw text of a page into an article with its ledger."""
    draft = Draft(raw=raw, hints=hints)
    for step in STEPS:
        draft = step(draft)
    return draft.cleaned(VERSION)
