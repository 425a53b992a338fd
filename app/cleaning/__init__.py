"""Cleaning: from the raw text of a news page to an article and a ledger of what became of every line.

A pure library: no web, no database, no clock, no network, no settings.
"""

from app.cleaning.agencies import name_agency
from app.cleaning.article import (
    Article,
    Author,
    Block,
    Cleaned,
    Dateline,
    DatelineDate,
    Media,
    Metric,
    Place,
    Precision,
    Timestamp,
)
from app.cleaning.characters import normalise_text
from app.cleaning.draft import NO_HINTS, Hints
from app.cleaning.fingerprints import fingerprint_text
from app.cleaning.ledger import Edit, EditReason, Line, Reason, Role, Warning_
from app.cleaning.lines import lay_out
from app.cleaning.markup import show_markup
from app.cleaning.paragraphs import count_words
from app.cleaning.pipeline import STEPS, VERSION, clean

__all__ = [
    "NO_HINTS",
    "STEPS",
    "VERSION",
    "Article",
    "Author",
    "Block",
    "Cleaned",
    "Dateline",
    "DatelineDate",
    "Edit",
    "EditReason",
    "Hints",
    "Line",
    "Media",
    "Metric",
    "Place",
    "Precision",
    "Reason",
    "Role",
    "Timestamp",
    "Warning_",
    "clean",
    "count_words",
    "fingerprint_text",
    "lay_out",
    "name_agency",
    "normalise_text",
    "show_markup",
]
